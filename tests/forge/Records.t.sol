// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordRegistry as I} from "../../interfaces/IRecordRegistry.sol";
import {ISignatures} from "../../interfaces/ISignatures.sol";
import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

/// @dev RecordRegistry: anchors, what closes a leaf, erasure and confirmation.
contract RecordsTest is Base {
    bytes32 private constant INNER = keccak256("inner");
    bytes32 private constant ROOT = keccak256("root");
    bytes32 private constant NEXT = keccak256("next root");

    // -------------------------------------------------------------------------------------------------- anchors

    function test_an_institution_and_its_staff_anchor_in_its_name() external {
        vm.expectEmit(true, true, true, true, address(records));
        emit I.Anchored(hospital, ROOT, 7);
        vm.prank(nurse);
        records.anchor(ROOT, 7, new bytes32[](0));
        (uint40 time, uint32 count, uint8 confirmations) = records.anchorOf(hospital, ROOT);
        _same(time, START, "time");
        _same(count, 7, "count");
        _same(confirmations, 0, "confirmations");
        (time,,) = records.anchorOf(nurse, ROOT);
        _same(time, 0, "not under the staff account");
        vm.warp(START + 5);
        vm.recordLogs();
        vm.prank(hospital);
        records.anchor(ROOT, 9, new bytes32[](0));
        (time, count,) = records.anchorOf(hospital, ROOT);
        _same(time, START, "C04: the first anchor stays");
        _same(count, 7, "its count too");
        _same(vm.getRecordedLogs().length, 0, "events");
        _anchor(clinic, ROOT);
        (, count,) = records.anchorOf(clinic, ROOT);
        _same(count, 3, "the same root of another provider is another anchor");
    }

    function test_nobody_else_anchors_or_retracts() external {
        address researcher = vm.addr(0x2E5);
        _accredit(researcher, 16);
        _suspend(clinic);
        _suspend(nurse);
        address[6] memory callers = [stranger, alice, researcher, clinic, nurse, regulator];
        for (uint256 i = 0; i < callers.length; ++i) {
            bytes memory problem = abi.encodeWithSelector(I.RecordRegistry_NotInstitution.selector, callers[i]);
            vm.expectRevert(problem);
            vm.prank(callers[i]);
            records.anchor(ROOT, 1, new bytes32[](0));
            vm.expectRevert(problem);
            vm.prank(callers[i]);
            records.retract(ROOT, 1);
        }
        _suspend(hospital);
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_NotInstitution.selector, gateway));
        vm.prank(gateway);
        records.anchor(ROOT, 1, new bytes32[](0));
    }

    function test_an_anchor_has_a_real_root_a_count_and_a_bounded_list() external {
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_BadRoot.selector, 255));
        vm.prank(hospital);
        records.anchor(bytes32(uint256(255)), 1, new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_ZeroCount.selector));
        vm.prank(hospital);
        records.anchor(ROOT, 0, new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_TooMany.selector, 1001, 1000));
        vm.prank(hospital);
        records.anchor(ROOT, 1, new bytes32[](1001));
        _anchor(hospital, bytes32(uint256(256)));
        vm.prank(hospital);
        records.anchor(ROOT, type(uint32).max, new bytes32[](1000));
        (, uint32 count,) = records.anchorOf(hospital, ROOT);
        _same(count, type(uint32).max, "count");
    }

    // --------------------------------------------------------------------------------------------------- status

    /// @dev A leaf is known exactly where its proof leads to its tree.
    function testFuzz_a_leaf_is_known_only_by_its_proof(bytes32 inner, bytes32[4] calldata path, uint8 flip) external {
        bytes32[] memory proof = new bytes32[](4);
        bytes32 root = _leaf(alice, inner);
        for (uint256 i = 0; i < 4; ++i) {
            proof[i] = path[i];
            root = _node(root, path[i]);
        }
        _anchor(hospital, root);
        _state(root, alice, inner, proof, I.Status.Anchored);
        _state(root, ben, inner, proof, I.Status.Unknown);
        _state(root, alice, inner ^ bytes32(uint256(1) << flip), proof, I.Status.Unknown);
        proof[flip % 4] ^= bytes32(uint256(1) << flip);
        _state(root, alice, inner, proof, I.Status.Unknown);
        _state(NEXT, alice, inner, new bytes32[](0), I.Status.Unknown);
    }

    function test_status_gives_the_worst_news_first() external {
        bytes32 leaf = _leaf(alice, INNER);
        _anchor(hospital, leaf);
        vm.warp(START + 10);
        bytes32[] memory none = new bytes32[](0);
        _state(leaf, alice, INNER, none, I.Status.Anchored);
        _confirm(hospital, leaf, 3);
        _state(leaf, alice, INNER, none, I.Status.Confirmed);
        _supersede(hospital, NEXT, leaf);
        _state(leaf, alice, INNER, none, I.Status.Confirmed);
        _confirm(hospital, NEXT, 3);
        _state(leaf, alice, INNER, none, I.Status.Superseded);
        vm.prank(nurse);
        records.retract(leaf, 9);
        _state(leaf, alice, INNER, none, I.Status.Retracted);
        vm.prank(alice);
        records.erase(INNER);
        _state(leaf, alice, INNER, none, I.Status.Erased);
        (, uint8 confirmations, uint40 time) = records.status(hospital, leaf, alice, INNER, none);
        _same(confirmations, 3, "confirmations");
        _same(time, START, "time");
        (, confirmations, time) = records.status(clinic, leaf, alice, INNER, none);
        _same(confirmations + time, 0, "another provider's tree is unknown");
    }

    // --------------------------------------------------------------------------- superseding and retracting

    function test_a_leaf_is_superseded_again_until_its_successor_is_confirmed() external {
        bytes32 leaf = _leaf(alice, INNER);
        vm.expectEmit(true, true, true, true, address(records));
        emit I.Superseded(hospital, leaf, ROOT);
        _supersede(hospital, ROOT, leaf);
        _same(records.closedBy(hospital, leaf), uint256(ROOT), "closed by");
        _same(records.closedBy(clinic, leaf), 0, "another's leaf is untouched");
        _supersede(hospital, NEXT, leaf);
        _same(records.closedBy(hospital, leaf), uint256(NEXT), "taken over");
        _confirm(hospital, NEXT, 3);
        bytes32[] memory list = new bytes32[](1);
        list[0] = leaf;
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_AlreadySuperseded.selector, leaf, NEXT));
        vm.prank(hospital);
        records.anchor(keccak256("third"), 1, list);
    }

    function test_a_retraction_is_final() external {
        bytes32 leaf = _leaf(alice, INNER);
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_ZeroReason.selector));
        vm.prank(hospital);
        records.retract(leaf, 0);
        vm.expectEmit(true, true, true, true, address(records));
        emit I.Retracted(hospital, leaf, 255);
        vm.prank(hospital);
        records.retract(leaf, 255);
        vm.recordLogs();
        vm.prank(hospital);
        records.retract(leaf, 255);
        _same(vm.getRecordedLogs().length, 0, "events");
        bytes memory problem = abi.encodeWithSelector(I.RecordRegistry_AlreadyRetracted.selector, leaf, 255);
        vm.expectRevert(problem);
        vm.prank(hospital);
        records.retract(leaf, 1);
        bytes32[] memory list = new bytes32[](1);
        list[0] = leaf;
        vm.expectRevert(problem);
        vm.prank(hospital);
        records.anchor(ROOT, 1, list);
        _same(records.closedBy(hospital, leaf), 255, "closed by");
        vm.prank(clinic);
        records.retract(leaf, 1);
        _same(records.closedBy(hospital, leaf), 255, "another's retraction is its own");
    }

    // -------------------------------------------------------------------------------------------------- confirm

    function test_a_quorum_of_distinct_validators_confirms_once() external {
        _anchor(hospital, ROOT);
        (address[] memory signers, bytes memory signatures) = _confirmations(hospital, ROOT, 4);
        vm.expectEmit(true, true, true, true, address(records));
        emit I.Confirmed(hospital, ROOT, 4);
        records.confirm(hospital, ROOT, signers, signatures);
        (uint40 time, uint32 count, uint8 confirmations) = records.anchorOf(hospital, ROOT);
        _same(confirmations, 4, "confirmations");
        _same(time, START, "time");
        _same(count, 3, "count");
        vm.recordLogs();
        records.confirm(hospital, ROOT, new address[](0), "");
        _same(vm.getRecordedLogs().length, 0, "events");
    }

    function test_a_confirmation_short_of_a_quorum_is_refused() external {
        bytes4 few = I.RecordRegistry_TooFewSignatures.selector;
        (address[] memory signers, bytes memory signatures) = _confirmations(hospital, ROOT, 3);
        _notConfirmed(
            signers, signatures, abi.encodeWithSelector(I.RecordRegistry_NotAnchored.selector, hospital, ROOT)
        );
        _anchor(hospital, ROOT);
        _notConfirmed(signers, new bytes(194), abi.encodeWithSelector(few, 3, 194, 3));
        _notConfirmed(signers, new bytes(196), abi.encodeWithSelector(few, 3, 196, 3));
        (signers, signatures) = _confirmations(hospital, ROOT, 2);
        _notConfirmed(signers, signatures, abi.encodeWithSelector(few, 2, 130, 3));
        _notConfirmed(
            new address[](33), new bytes(33 * 65), abi.encodeWithSelector(I.RecordRegistry_TooMany.selector, 33, 32)
        );
    }

    function test_only_active_other_validators_in_rising_order_count() external {
        _anchor(hospital, ROOT);
        (address[] memory signers, bytes memory signatures) = _confirmations(hospital, ROOT, 3);
        signers[2] = hospital;
        _notConfirmed(signers, signatures, abi.encodeWithSelector(I.RecordRegistry_NotValidator.selector, hospital));
        (signers, signatures) = _confirmations(hospital, ROOT, 3);
        _suspend(signers[1]);
        _notConfirmed(signers, signatures, abi.encodeWithSelector(I.RecordRegistry_NotValidator.selector, signers[1]));
    }

    function test_nobody_counts_twice_and_the_provider_does_not_count() external {
        _anchor(hospital, ROOT);
        (address[] memory signers, bytes memory signatures) = _confirmations(hospital, ROOT, 3);
        bytes memory first = _sign(validatorKeys[0], address(records), _confirmHash(hospital, ROOT));
        address one = signers[0];
        (signers[1], signers[2]) = (one, one);
        signatures = bytes.concat(first, first, first);
        _notConfirmed(signers, signatures, abi.encodeWithSelector(I.RecordRegistry_UnsortedSigners.selector, one, one));
        address own = vm.addr(validatorKeys[1]);
        _anchor(own, ROOT);
        (signers, signatures) = _confirmations(own, ROOT, 3);
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_NotValidator.selector, own));
        records.confirm(own, ROOT, signers, signatures);
        (signers, signatures) = _confirmations(hospital, NEXT, 3);
        (bool success,) = address(records).call(abi.encodeCall(records.confirm, (hospital, ROOT, signers, signatures)));
        require(!success, "signatures of another root");
    }

    function test_a_contract_wallet_confirms_with_its_65_bytes() external {
        vm.prank(address(this));
        manager.execute(address(records), abi.encodeCall(records.setQuorum, (1)));
        address wallet = vm.deployCode("TestWallet.sol:TestWallet", abi.encode(ben));
        _accredit(wallet, 8);
        _anchor(hospital, ROOT);
        address[] memory signers = new address[](1);
        signers[0] = wallet;
        bytes memory signature = _sign(ALICE_KEY, address(records), _confirmHash(hospital, ROOT));
        _notConfirmed(signers, signature, abi.encodeWithSelector(ISignatures.Signatures_WalletRefused.selector, wallet));
        records.confirm(hospital, ROOT, signers, _sign(BEN_KEY, address(records), _confirmHash(hospital, ROOT)));
        (,, uint8 confirmations) = records.anchorOf(hospital, ROOT);
        _same(confirmations, 1, "confirmations");
    }

    function _notConfirmed(address[] memory signers, bytes memory signatures, bytes memory problem) private {
        (bool success, bytes memory answer) =
            address(records).call(abi.encodeCall(records.confirm, (hospital, ROOT, signers, signatures)));
        require(!success, "confirmed");
        _same(keccak256(answer), keccak256(problem), "error");
    }

    function test_only_governance_sets_the_quorum_within_1_and_16() external {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, regulator));
        vm.prank(regulator);
        records.setQuorum(1);
        uint8[2] memory bad = [0, 17];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_BadQuorum.selector, bad[i]));
            records.setQuorum(bad[i]);
        }
        _same(records.validatorsNeeded(), 3, "default");
        vm.expectEmit(true, true, true, true, address(records));
        emit I.QuorumSet(16);
        records.setQuorum(16);
        _same(records.validatorsNeeded(), 16, "set");
        records.setQuorum(1);
        _same(records.validatorsNeeded(), 1, "set");
    }

    // -------------------------------------------------------------------------------------------------- erasure

    function test_a_patient_erases_by_call_and_by_signature() external {
        vm.expectEmit(true, true, true, true, address(records));
        emit I.Erased(_leaf(alice, INNER));
        vm.prank(alice);
        records.erase(INNER);
        require(records.isErased(_leaf(alice, INNER)) && !records.isErased(_leaf(ben, INNER)), "tombstone");
        bytes32 other = keccak256("other");
        address[] memory none = new address[](0);
        bytes memory signature = _sign(ALICE_KEY, address(records), _eraseHash(alice, other));
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, alice, ben));
        records.eraseBySig(alice, none, other, _sign(BEN_KEY, address(records), _eraseHash(alice, other)));
        records.eraseBySig(alice, none, other, signature);
        require(records.isErased(_leaf(alice, other)), "by signature");
        vm.recordLogs();
        records.eraseBySig(alice, none, other, signature);
        vm.prank(alice);
        records.eraseInherited(alice, none, INNER);
        _same(vm.getRecordedLogs().length, 0, "events");
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_NotPatient.selector, alice, hospital));
        vm.prank(hospital);
        records.eraseInherited(alice, none, INNER);
    }

    function test_a_delegate_erases_only_with_the_power() external {
        address[] memory none = new address[](0);
        bytes memory signature = _sign(DORA_KEY, address(records), _eraseHash(alice, INNER));
        _delegateTo(dora, 55, uint40(START + 100));
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_NotPatient.selector, alice, dora));
        records.eraseBy(dora, alice, none, INNER, signature);
        _delegateTo(dora, 8, uint40(START + 100));
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, dora, ben));
        records.eraseBy(dora, alice, none, INNER, _sign(BEN_KEY, address(records), _eraseHash(alice, INNER)));
        records.eraseBy(dora, alice, none, INNER, signature);
        require(records.isErased(_leaf(alice, INNER)), "erased");
        signature = _sign(DORA_KEY, address(records), _eraseAllHash(alice));
        records.eraseAllBy(dora, alice, none, signature, "");
        require(records.isWhollyErased(alice), "all erased");
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WalletRefused.selector, alice));
        records.eraseBy(alice, alice, none, INNER, _sign(ALICE_KEY, address(records), _eraseHash(alice, INNER)));
    }

    function test_erasing_everything_needs_the_recovery_too_where_there_is_one() external {
        address[] memory none = new address[](0);
        bytes32 hash = _eraseAllHash(alice);
        bytes memory own = _sign(ALICE_KEY, address(records), hash);
        bytes memory second = _sign(VAULT_KEY, address(records), hash);
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_NoRecovery.selector, alice));
        records.eraseAllBySig(alice, none, own, second);
        vm.prank(alice);
        participants.setRecovery(alice, recovery, 2);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_BadLength.selector, 0));
        vm.prank(alice);
        records.eraseAll(alice, none, "");
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, recovery, alice));
        records.eraseAllBySig(alice, none, own, own);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, alice, recovery));
        records.eraseAllBySig(alice, none, second, second);
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_NotPatient.selector, alice, dora));
        records.eraseAllBy(dora, alice, none, own, second);
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_NotPatient.selector, alice, ben));
        vm.prank(ben);
        records.eraseAll(alice, none, second);
        vm.expectEmit(true, true, true, true, address(records));
        emit I.ErasedAll(alice);
        records.eraseAllBySig(alice, none, own, second);
        vm.recordLogs();
        vm.prank(alice);
        records.eraseAll(alice, none, second);
        _same(vm.getRecordedLogs().length, 0, "events");
        _anchor(hospital, _leaf(alice, INNER));
        _state(_leaf(alice, INNER), alice, INNER, none32(), I.Status.Erased);
        require(!records.isWhollyErased(ben), "another patient");
    }

    /// @dev After a move only the last successor erases, its own leaves and the inherited ones.
    function test_only_the_last_successor_erases() external {
        _move(ALICE_KEY, BEN_KEY);
        address[] memory none = new address[](0);
        address[] memory path = new address[](1);
        path[0] = ben;
        bytes memory moved = abi.encodeWithSelector(I.RecordRegistry_HasSuccessor.selector, alice, ben);
        vm.expectRevert(moved);
        vm.prank(alice);
        records.erase(INNER);
        bytes memory signature = _sign(ALICE_KEY, address(records), _eraseHash(alice, INNER));
        vm.expectRevert(moved);
        records.eraseBySig(alice, none, INNER, signature);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, ben, alice));
        records.eraseBySig(alice, path, INNER, signature);
        vm.expectRevert(abi.encodeWithSelector(I.RecordRegistry_NotPatient.selector, alice, alice));
        vm.prank(alice);
        records.eraseInherited(alice, path, INNER);
        vm.prank(ben);
        records.eraseInherited(alice, path, INNER);
        require(records.isErased(_leaf(alice, INNER)), "inherited");
        records.eraseBySig(alice, path, NEXT, _sign(BEN_KEY, address(records), _eraseHash(alice, NEXT)));
        require(records.isErased(_leaf(alice, NEXT)), "by signature");
        vm.prank(ben);
        records.eraseAll(alice, path, "");
        require(records.isWhollyErased(alice) && !records.isWhollyErased(ben), "all of the old address");
    }

    // ------------------------------------------------------------------------------------------------- helpers

    function none32() private pure returns (bytes32[] memory) {
        return new bytes32[](0);
    }

    function _anchor(address provider, bytes32 root) private {
        vm.prank(provider);
        records.anchor(root, 3, new bytes32[](0));
    }

    function _supersede(address provider, bytes32 root, bytes32 leaf) private {
        bytes32[] memory list = new bytes32[](1);
        list[0] = leaf;
        vm.prank(provider);
        records.anchor(root, 1, list);
    }

    function _confirm(address provider, bytes32 root, uint256 count) private {
        (address[] memory signers, bytes memory signatures) = _confirmations(provider, root, count);
        records.confirm(provider, root, signers, signatures);
    }

    function _state(bytes32 root, address patient, bytes32 inner, bytes32[] memory proof, I.Status expected)
        private
        view
    {
        (I.Status state,,) = records.status(hospital, root, patient, inner, proof);
        _same(uint256(state), uint256(expected), "status");
    }
}
