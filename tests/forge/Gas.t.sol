// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessRequests} from "../../interfaces/IAccessRequests.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {Meter} from "./Meter.sol";
import {vm} from "./Vm.sol";

/// @dev What a whole transaction costs: 21,000, calldata and execution, after refunds. Run with `--isolate`, where
/// every call of a test is a transaction of its own: all storage is cold. A view counts execution only, in a cold
/// state, so there is one view to a test. `scripts/bench_gas.py` reads the figures and compares them with the goals.
contract GasTest is Meter {
    // ------------------------------------------------------------------------------------------------ consents

    function test_grant() external {
        bytes memory data = abi.encodeCall(consents.grant, (hospital, _word(), 0, STATEMENT));
        _measure("grant", alice, address(consents), data);
    }

    function test_grant_by_signature() external {
        _measure("grant by signature", relayer, address(consents), _signedGrant(alice, ALICE_KEY));
    }

    function test_grant_by_contract_wallet() external {
        address wallet = vm.deployCode("TestWallet.sol:TestWallet", abi.encode(alice));
        uint256 word = _word();
        bytes memory signature = _sign(ALICE_KEY, address(consents), _terms(wallet, hospital, word, 0));
        bytes memory data =
            abi.encodeCall(consents.grantBy, (wallet, wallet, hospital, word, bytes32(0), STATEMENT, signature));
        _measure("grant by contract wallet", relayer, address(consents), data);
    }

    function test_grant_by_delegate() external {
        _delegateTo(dora, 1, uint40(block.timestamp + 400 days));
        vm.warp(START + 1);
        uint256 word = _word();
        bytes memory signature = _sign(DORA_KEY, address(consents), _terms(alice, hospital, word, 0));
        bytes memory data =
            abi.encodeCall(consents.grantBy, (dora, alice, hospital, word, bytes32(0), STATEMENT, signature));
        _measure("grant by delegate", relayer, address(consents), data);
    }

    function test_grant_batch() external {
        IConsentRegistry.SignedConsent[] memory items = new IConsentRegistry.SignedConsent[](100);
        uint256 word = _word();
        for (uint256 i = 0; i < 100; ++i) {
            address patient = vm.addr(1000 + i);
            bytes memory signature = _sign(1000 + i, address(consents), _terms(patient, hospital, word, 0));
            items[i] = IConsentRegistry.SignedConsent(patient, hospital, word, 0, STATEMENT, signature);
        }
        bytes memory data = abi.encodeCall(consents.grantBatch, (items));
        emit log_named_uint("grant batch of 100, each", _spend(relayer, address(consents), data) / 100);
    }

    function test_revoke() external {
        bytes32 terms = _grant(alice, hospital, _word());
        _measure("revoke", alice, address(consents), abi.encodeCall(consents.revoke, (hospital, terms)));
    }

    function test_revoke_by_signature() external {
        bytes32 terms = _grant(alice, hospital, _word());
        bytes memory signature = _sign(ALICE_KEY, address(consents), _revokeHash(alice, hospital, terms));
        bytes memory data = abi.encodeCall(consents.revokeBySig, (alice, hospital, terms, signature));
        _measure("revoke by signature", relayer, address(consents), data);
    }

    function test_revoke_never_granted() external {
        bytes memory data = abi.encodeCall(consents.revoke, (hospital, keccak256("unsent")));
        _measure("revoke an id never granted", alice, address(consents), data);
    }

    function test_revoke_batch() external {
        IConsentRegistry.SignedRevocation[] memory items = new IConsentRegistry.SignedRevocation[](100);
        uint256 word = _word();
        for (uint256 i = 0; i < 100; ++i) {
            address patient = vm.addr(1000 + i);
            bytes32 terms = _grant(patient, hospital, word);
            bytes memory signature = _sign(1000 + i, address(consents), _revokeHash(patient, hospital, terms));
            items[i] = IConsentRegistry.SignedRevocation(patient, hospital, terms, signature);
        }
        bytes memory data = abi.encodeCall(consents.revokeBatch, (items));
        emit log_named_uint("revoke batch of 100, each", _spend(relayer, address(consents), data) / 100);
    }

    function test_lockdown_first() external {
        _measure("lockdown first", alice, address(consents), abi.encodeCall(consents.lockdown, ()));
    }

    function test_lockdown_later() external {
        vm.prank(alice);
        consents.lockdown();
        vm.warp(START + 1);
        _measure("lockdown later", alice, address(consents), abi.encodeCall(consents.lockdown, ()));
    }

    function test_lockdown_by_signature_first() external {
        _measure("lockdown by signature first", relayer, address(consents), _signedLockdown());
    }

    function test_lockdown_by_signature_later() external {
        vm.prank(alice);
        consents.lockdown();
        vm.warp(START + 1);
        _measure("lockdown by signature later", relayer, address(consents), _signedLockdown());
    }

    function test_permits_grantee() external {
        bytes32 terms = _grant(alice, hospital, _word());
        _measurePermits("permits (view): grantee", hospital, terms, hospital);
    }

    function test_permits_staff() external {
        bytes32 terms = _grant(alice, hospital, _word());
        _measurePermits("permits (view): staff", hospital, terms, nurse);
    }

    function test_permits_stood_for() external {
        // A service without storage: what a real one reads comes on top, and is its own affair.
        address service = vm.deployCode("TestYesService.sol:TestYesService", "");
        _accredit(service, 128);
        bytes32 terms = _grant(alice, service, _word());
        _measurePermits("permits (view): stood-for", service, terms, nurse);
    }

    // ------------------------------------------------------------------------------------------------ requests

    function test_open() external {
        bytes memory data = abi.encodeCall(requests.open, (keccak256("digest"), uint40(START + 30 days)));
        _measure("open a request", hospital, address(requests), data);
    }

    function test_approve() external {
        bytes memory data = _openAndSign();
        _measure("approve by signature", relayer, address(requests), data);
    }

    function test_request_and_approve() external {
        bytes memory data = abi.encodeCall(requests.open, (keccak256(abi.encode(_opening())), uint40(START + 30 days)));
        uint256 spent = _spend(hospital, address(requests), data);
        emit log_named_uint(
            "request + approve by signature", spent + _spend(relayer, address(requests), _openAndSign())
        );
    }

    // ------------------------------------------------------------------------------------------------- records

    function test_anchor_institution() external {
        uint256 spent = _spend(hospital, address(records), _anchorCall(ROOT));
        emit log_named_uint("anchor: institution", spent);
        emit log_named_uint("anchor per record at 100", spent / 100);
        // In tenths of a gas: the goal has one decimal.
        emit log_named_uint("anchor per 10 records at 1,000", spent / 100);
    }

    function test_anchor_staff() external {
        _measure("anchor: staff", nurse, address(records), _anchorCall(ROOT));
    }

    function test_confirm() external {
        _anchor(ROOT);
        (address[] memory signers, bytes memory signatures) = _confirmations(hospital, ROOT, 3);
        bytes memory data = abi.encodeCall(records.confirm, (hospital, ROOT, signers, signatures));
        _measure("confirm with 3 signatures", relayer, address(records), data);
    }

    function test_supersede() external {
        _anchor(ROOT);
        bytes32[] memory superseded = new bytes32[](1);
        superseded[0] = _leaf(alice, INNER);
        bytes memory data = abi.encodeCall(records.anchor, (keccak256("next root"), 1000, superseded));
        _measure("supersede one leaf, with the new anchor", hospital, address(records), data);
    }

    function test_erase() external {
        _measure("erase one leaf", alice, address(records), abi.encodeCall(records.erase, (INNER)));
    }

    function test_erase_by_signature() external {
        bytes memory signature = _sign(ALICE_KEY, address(records), _eraseHash(alice, INNER));
        bytes memory data = abi.encodeCall(records.eraseBySig, (alice, new address[](0), INNER, signature));
        _measure("erase one leaf by signature", relayer, address(records), data);
    }

    function test_status() external {
        bytes memory data = _statusOfThousand();
        _measureView("status (view), tree of 1,000", address(records), data);
    }

    // -------------------------------------------------------------------------------------------- participants

    function test_register() external {
        address patient = vm.addr(77);
        bytes memory data = abi.encodeCall(participants.register, (keccak256("directory")));
        _measure("register a patient", patient, address(participants), data);
    }

    function test_register_by_signature() external {
        bytes32 directory = keccak256("directory");
        address patient = vm.addr(77);
        bytes memory signature = _sign(77, address(participants), _registerHash(patient, directory));
        bytes memory data = abi.encodeCall(participants.registerBySig, (patient, directory, signature));
        _measure("register a patient by signature", relayer, address(participants), data);
    }

    function test_audit_first() external {
        _measure("audit anchor first", gateway, address(audit), _auditCall(0));
    }

    function test_audit_later() external {
        vm.prank(gateway);
        bytes32 head = audit.anchor(0, keccak256("receipts"), keccak256("heads"), 100);
        _measure("audit anchor later", gateway, address(audit), _auditCall(head));
    }

    // ------------------------------------------------------------------------------------------------- helpers

    function _measurePermits(string memory name, address grantee, bytes32 terms, address accessor) private {
        bytes memory data =
            abi.encodeCall(consents.permits, (alice, grantee, terms, accessor, _aSlot(), uint8(60), READ));
        _measureView(name, address(consents), data);
    }

    function _opening() private view returns (IAccessRequests.Opening memory) {
        uint40 begin = uint40(START);
        uint40 end = uint40(START + 400 days);
        return IAccessRequests.Opening(
            alice, hospital, hospital, TREAT | 0xff00ff, 5, begin, end, keccak256("document"), keccak256("salt")
        );
    }

    function _openAndSign() private returns (bytes memory) {
        IAccessRequests.Opening memory opening = _opening();
        bytes32 digest = keccak256(abi.encode(opening));
        vm.prank(hospital);
        requests.open(digest, uint40(START + 30 days));
        uint256 word = _word();
        bytes32 request = keccak256(abi.encode(hospital, digest));
        bytes memory signature = _sign(ALICE_KEY, address(consents), _terms(alice, hospital, word, request));
        return abi.encodeCall(requests.approve, (opening, word, STATEMENT, signature));
    }

    function _anchor(bytes32 root) private {
        vm.prank(hospital);
        records.anchor(root, 1000, new bytes32[](0));
    }

    function _auditCall(bytes32 previous) private view returns (bytes memory) {
        return abi.encodeCall(audit.anchor, (previous, keccak256("receipts"), keccak256("heads"), uint32(100)));
    }

    /// @dev A proof of ten steps, as in a tree of 1,000 leaves.
    function _statusOfThousand() private returns (bytes memory) {
        bytes32 node = _leaf(alice, INNER);
        bytes32[] memory proof = new bytes32[](10);
        for (uint256 i = 0; i < 10; ++i) {
            proof[i] = keccak256(abi.encode(i));
            node = _node(node, proof[i]);
        }
        _anchor(node);
        return abi.encodeCall(records.status, (hospital, node, alice, INNER, proof));
    }
}
