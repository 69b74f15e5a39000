// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuditLog} from "../../interfaces/IAuditLog.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {IParticipantRegistry as I} from "../../interfaces/IParticipantRegistry.sol";
import {ISignatures} from "../../interfaces/ISignatures.sol";
import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

/// @dev ParticipantRegistry and AuditLog: who is who, in every state.
contract ParticipantsTest is Base {
    bytes32 private constant DIGEST = keccak256("digest");

    // ----------------------------------------------------------------------------------------------- patients

    function test_a_patient_registers_once_by_call_signature_or_wallet() external {
        address carol = vm.addr(0xCA201);
        bytes memory signature = _sign(0xCA201, address(participants), _registerHash(carol, DIGEST));
        vm.expectEmit(true, true, true, true, address(participants));
        emit I.Registered(carol, DIGEST);
        participants.registerBySig(carol, DIGEST, signature);
        _same(participants.account(carol), uint256(1) << 224 | uint256(1) << 216 | 1, "word");
        _same(participants.digestOf(carol), DIGEST, "directory");
        vm.recordLogs();
        participants.registerBySig(carol, DIGEST, signature);
        _same(vm.getRecordedLogs().length, 0, "events");
        vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_AlreadyKnown.selector, carol));
        vm.prank(carol);
        participants.register(keccak256("other"));
        vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_ZeroDigest.selector));
        vm.prank(stranger);
        participants.register(0);
        address wallet = vm.deployCode("TestWallet.sol:TestWallet", abi.encode(alice));
        signature = _sign(ALICE_KEY, address(participants), _registerHash(wallet, DIGEST));
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, wallet, alice));
        participants.registerBySig(wallet, DIGEST, signature);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WalletRefused.selector, wallet));
        participants.registerByWallet(wallet, keccak256("other"), signature);
        participants.registerByWallet(wallet, DIGEST, signature);
        _same(participants.digestOf(wallet), DIGEST, "wallet's directory");
    }

    function test_nobody_with_another_role_becomes_a_patient() external {
        address[4] memory others = [hospital, nurse, gateway, vm.addr(validatorKeys[0])];
        vm.prank(hospital);
        participants.publishKey("key", 1);
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_AlreadyKnown.selector, others[i]));
            vm.prank(others[i]);
            participants.register(keccak256("key"));
        }
    }

    /// @dev Only the very next number is taken, in one row for directory, recovery and delegation (E05, E06).
    function testFuzz_changes_carry_the_next_number(uint40 seq) external {
        bytes memory problem = abi.encodeWithSelector(I.ParticipantRegistry_BadSeq.selector, seq, 2);
        bytes memory signature = _sign(ALICE_KEY, address(participants), _directoryHash(alice, DIGEST, seq));
        if (seq == 2) seq = 3;
        problem = abi.encodeWithSelector(I.ParticipantRegistry_BadSeq.selector, seq, 2);
        vm.expectRevert(problem);
        vm.prank(alice);
        participants.setDirectory(DIGEST, seq);
        vm.expectRevert(problem);
        vm.prank(alice);
        participants.setRecovery(alice, recovery, seq);
        vm.expectRevert(problem);
        vm.prank(alice);
        participants.delegate(dora, 1, uint40(START), uint40(START + 1), seq);
        signature = _sign(ALICE_KEY, address(participants), _directoryHash(alice, DIGEST, 2));
        vm.expectEmit(true, true, true, true, address(participants));
        emit I.DirectorySet(alice, DIGEST, 2);
        participants.setDirectoryBySig(alice, DIGEST, 2, signature);
        _same(participants.account(alice), uint256(1) << 224 | uint256(1) << 216 | 2, "word");
        vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_BadSeq.selector, 2, 3));
        participants.setDirectoryBySig(alice, DIGEST, 2, signature);
        _delegateTo(dora, 1, uint40(START + 1));
        vm.prank(alice);
        participants.setRecovery(alice, recovery, 4);
        _same(uint40(participants.account(alice)), 4, "one row of numbers");
    }

    function test_only_a_patient_has_a_directory_a_recovery_and_delegates() external {
        address[3] memory others = [stranger, hospital, nurse];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory problem = abi.encodeWithSelector(I.ParticipantRegistry_NotPatient.selector, others[i]);
            vm.expectRevert(problem);
            vm.prank(others[i]);
            participants.setDirectory(DIGEST, 1);
            vm.expectRevert(problem);
            vm.prank(others[i]);
            participants.setRecovery(others[i], recovery, 1);
            vm.expectRevert(problem);
            vm.prank(others[i]);
            participants.delegate(dora, 1, uint40(START), uint40(START + 1), 1);
        }
        vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_ZeroDigest.selector));
        vm.prank(alice);
        participants.setDirectory(0, 2);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, alice, ben));
        participants.setDirectoryBySig(
            alice, DIGEST, 2, _sign(BEN_KEY, address(participants), _directoryHash(alice, DIGEST, 2))
        );
    }

    function test_once_set_only_the_recovery_changes_itself() external {
        bytes4 selector = I.ParticipantRegistry_NotRecovery.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, alice, stranger));
        vm.prank(stranger);
        participants.setRecovery(alice, stranger, 2);
        address[2] memory bad = [address(0), alice];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_BadRecovery.selector, bad[i]));
            vm.prank(alice);
            participants.setRecovery(alice, bad[i], 2);
        }
        vm.expectEmit(true, true, true, true, address(participants));
        emit I.RecoverySet(alice, recovery, 2);
        participants.setRecoveryBySig(
            alice, recovery, 2, _sign(ALICE_KEY, address(participants), _recoveryHash(alice, recovery, 2))
        );
        _same(participants.recoveryOf(alice), recovery, "recovery");
        vm.expectRevert(abi.encodeWithSelector(selector, alice, alice));
        vm.prank(alice);
        participants.setRecovery(alice, ben, 3);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, recovery, alice));
        participants.setRecoveryBySig(
            alice, ben, 3, _sign(ALICE_KEY, address(participants), _recoveryHash(alice, ben, 3))
        );
        participants.setRecoveryBySig(
            alice, ben, 3, _sign(VAULT_KEY, address(participants), _recoveryHash(alice, ben, 3))
        );
        vm.prank(ben);
        participants.setRecovery(alice, dora, 4);
        _same(participants.recoveryOf(alice), dora, "changed by itself");
    }

    function test_a_delegation_has_known_powers_a_date_and_an_end() external {
        uint40 t = uint40(START);
        bytes4 period = I.ParticipantRegistry_BadPeriod.selector;
        _notDelegated(address(0), 1, t, t + 1, abi.encodeWithSelector(I.ParticipantRegistry_BadDelegate.selector, 0));
        _notDelegated(alice, 1, t, t + 1, abi.encodeWithSelector(I.ParticipantRegistry_BadDelegate.selector, alice));
        _notDelegated(dora, 64, t, t + 1, abi.encodeWithSelector(I.ParticipantRegistry_BadPowers.selector, 64));
        _notDelegated(dora, 1, 0, t + 1, abi.encodeWithSelector(period, 0, t + 1));
        _notDelegated(dora, 1, t + 1, t + 2, abi.encodeWithSelector(period, t + 1, t + 2));
        _notDelegated(dora, 1, t, t, abi.encodeWithSelector(period, t, t));
        vm.expectEmit(true, true, true, true, address(participants));
        emit I.Delegated(alice, dora, 63, t, t + 1, 2);
        participants.delegateBySig(
            alice, dora, 63, t, t + 1, 2, _delegateSig(ALICE_KEY, alice, 63, uint40(START + 1), 2)
        );
        _delegation(63, t, t + 1);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, alice, dora));
        participants.delegateBySig(alice, dora, 1, t, t + 9, 3, _delegateSig(DORA_KEY, alice, 1, uint40(START + 9), 3));
        _delegateTo(dora, 0, t + 1);
        _delegation(0, 0, 0);
    }

    function _delegateSig(uint256 key, address patient, uint8 powers, uint40 notAfter, uint40 seq)
        private
        view
        returns (bytes memory)
    {
        bytes32 hash = _delegateHash(patient, dora, powers, uint40(START), notAfter, seq);
        return _sign(key, address(participants), hash);
    }

    function _notDelegated(address to, uint8 powers, uint40 issuedAt, uint40 notAfter, bytes memory problem) private {
        vm.expectRevert(problem);
        vm.prank(alice);
        participants.delegate(to, powers, issuedAt, notAfter, 2);
    }

    function _delegation(uint8 powers, uint40 issuedAt, uint40 notAfter) private view {
        (uint8 p, uint40 i, uint40 n) = participants.delegationOf(alice, dora);
        _same(p, powers, "powers");
        _same(i, issuedAt, "issuedAt");
        _same(n, notAfter, "notAfter");
    }

    function test_a_contract_wallet_changes_its_own_account() external {
        address wallet = vm.deployCode("TestWallet.sol:TestWallet", abi.encode(alice));
        participants.registerByWallet(
            wallet, DIGEST, _sign(ALICE_KEY, address(participants), _registerHash(wallet, DIGEST))
        );
        bytes32 other = keccak256("other");
        participants.setDirectoryByWallet(
            wallet, other, 2, _sign(ALICE_KEY, address(participants), _directoryHash(wallet, other, 2))
        );
        _same(participants.digestOf(wallet), other, "directory");
        uint40 t = uint40(START);
        participants.delegateByWallet(
            wallet, dora, 1, t, t + 1, 3, _delegateSig(ALICE_KEY, wallet, 1, uint40(START + 1), 3)
        );
        (uint8 powers,,) = participants.delegationOf(wallet, dora);
        _same(powers, 1, "powers");
        participants.setRecoveryByWallet(
            wallet, recovery, 4, _sign(ALICE_KEY, address(participants), _recoveryHash(wallet, recovery, 4))
        );
        _same(participants.recoveryOf(wallet), recovery, "recovery");
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WalletRefused.selector, recovery));
        participants.setRecoveryByWallet(wallet, ben, 5, "");
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WalletRefused.selector, alice));
        participants.setDirectoryByWallet(alice, other, 2, "");
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WalletRefused.selector, alice));
        participants.delegateByWallet(alice, dora, 1, t, t + 1, 2, "");
    }

    // ---------------------------------------------------------------------------------------------- moving house

    function test_a_move_voids_the_old_address_and_ends_its_changes() external {
        bytes32 terms = _grant(alice, hospital, _word());
        _delegateTo(dora, 63, uint40(START + 100));
        vm.prank(alice);
        participants.setRecovery(alice, recovery, 3);
        bytes memory accept = _sign(BEN_KEY, address(participants), _acceptHash(alice, ben));
        bytes4 selector = I.ParticipantRegistry_NotRecovery.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, alice, alice));
        vm.prank(alice);
        participants.succeed(alice, ben, accept);
        vm.expectRevert(abi.encodeWithSelector(ISignatures.Signatures_WrongSigner.selector, ben, alice));
        vm.prank(recovery);
        participants.succeed(alice, ben, _sign(ALICE_KEY, address(participants), _acceptHash(alice, ben)));
        vm.expectEmit(true, true, true, true, address(participants));
        emit I.Succeeded(alice, ben);
        vm.expectEmit(true, true, true, true, address(consents));
        emit IConsentRegistry.LockedDown(alice, type(uint40).max);
        vm.prank(recovery);
        participants.succeed(alice, ben, accept);
        _same(participants.movedTo(alice), ben, "successor");
        _same(_reason(alice, hospital, terms, hospital), 3, "void");
        _same(consents.actsUntil(alice, dora, 1), 0, "delegations too");
        bytes memory problem = abi.encodeWithSelector(I.ParticipantRegistry_HasSuccessor.selector, alice, ben);
        vm.expectRevert(problem);
        vm.prank(alice);
        participants.setDirectory(DIGEST, 4);
        vm.expectRevert(problem);
        vm.prank(recovery);
        participants.setRecovery(alice, dora, 4);
        vm.expectRevert(problem);
        vm.prank(alice);
        participants.delegate(dora, 1, uint40(START), uint40(START + 1), 4);
        vm.expectRevert(problem);
        vm.prank(recovery);
        participants.succeed(alice, ben, accept);
    }

    /// @dev Whoever finds the key of an address that was left must not act with it for others.
    function test_a_delegate_that_moved_acts_for_nobody_from_either_address() external {
        _delegateTo(ben, 63, uint40(START + 100));
        _same(consents.actsUntil(alice, ben, 63), START + 100, "before the move");
        vm.prank(dora);
        participants.register(DIGEST);
        _move(BEN_KEY, DORA_KEY);
        (uint8 powers, uint40 issuedAt, uint40 notAfter) = participants.delegationOf(alice, ben);
        _same(powers, 0, "powers");
        _same(issuedAt, 0, "issuedAt");
        _same(notAfter, 0, "notAfter");
        _same(consents.actsUntil(alice, ben, 1), 0, "the address that was left");
        _same(consents.actsUntil(alice, dora, 1), 0, "the next address");
    }

    function test_the_next_address_is_a_registered_patient_that_has_not_moved() external {
        vm.prank(alice);
        participants.setRecovery(alice, recovery, 2);
        bytes memory accept = _sign(DORA_KEY, address(participants), _acceptHash(alice, dora));
        vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_NotPatient.selector, dora));
        vm.prank(recovery);
        participants.succeed(alice, dora, accept);
        vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_BadSuccessor.selector, alice));
        vm.prank(recovery);
        participants.succeed(alice, alice, accept);
        vm.prank(dora);
        participants.register(DIGEST);
        _move(BEN_KEY, DORA_KEY);
        accept = _sign(BEN_KEY, address(participants), _acceptHash(alice, ben));
        vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_HasSuccessor.selector, ben, dora));
        vm.prank(recovery);
        participants.succeed(alice, ben, accept);
        vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_NotRecovery.selector, stranger, recovery));
        vm.prank(recovery);
        participants.succeed(stranger, ben, accept);
    }

    function test_a_path_of_successors_is_checked_to_its_end() external {
        uint256[11] memory keys;
        for (uint256 i = 0; i < 11; ++i) {
            keys[i] = 0x900 + i;
            vm.prank(vm.addr(keys[i]));
            participants.register(DIGEST);
            if (i != 0) _move(keys[i - 1], keys[i]);
        }
        address[] memory path = new address[](8);
        for (uint256 i = 0; i < 8; ++i) {
            path[i] = vm.addr(keys[i + 3]);
        }
        address start = vm.addr(keys[2]);
        bytes4 selector = I.ParticipantRegistry_BadPath.selector;
        _same(participants.lastSuccessorOf(start, path), vm.addr(keys[10]), "eight steps");
        _same(participants.lastSuccessorOf(alice, new address[](0)), alice, "no step");
        vm.expectRevert(abi.encodeWithSelector(selector, alice, 9));
        participants.lastSuccessorOf(alice, new address[](9));
        vm.expectRevert(abi.encodeWithSelector(selector, alice, 0));
        participants.lastSuccessorOf(alice, new address[](1));
        vm.expectRevert(abi.encodeWithSelector(selector, vm.addr(keys[1]), 0));
        participants.lastSuccessorOf(vm.addr(keys[1]), path);
        path[7] = ben;
        vm.expectRevert(abi.encodeWithSelector(selector, start, 7));
        participants.lastSuccessorOf(start, path);
        vm.expectRevert(abi.encodeWithSelector(selector, start, 0));
        participants.lastSuccessorOf(start, new address[](0));
    }

    // --------------------------------------------------------------------------------------------- accreditation

    /// @dev C01: a stranger and every kind of participant may not do what the regulator does.
    function test_only_the_regulator_accredits_suspends_and_reinstates() external {
        address[6] memory callers = [stranger, alice, hospital, nurse, vm.addr(validatorKeys[0]), address(this)];
        for (uint256 i = 0; i < 6; ++i) {
            bytes memory problem = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, callers[i]);
            vm.expectRevert(problem);
            vm.prank(callers[i]);
            participants.accredit(stranger, 2, 158, "record");
            vm.expectRevert(problem);
            vm.prank(callers[i]);
            participants.suspend(clinic);
            vm.expectRevert(problem);
            vm.prank(callers[i]);
            participants.reinstate(clinic);
        }
    }

    function testFuzz_accreditation_gives_known_roles_only(uint16 roles, uint16 jurisdiction) external {
        bytes memory problem;
        if (roles == 0 || roles & 1 != 0 || roles >= 1024) {
            problem = abi.encodeWithSelector(I.ParticipantRegistry_BadRoles.selector, roles);
        } else if (jurisdiction == 0) {
            problem = abi.encodeWithSelector(I.ParticipantRegistry_ZeroJurisdiction.selector);
        }
        if (problem.length != 0) {
            vm.expectRevert(problem);
        } else {
            vm.expectEmit(true, true, true, true, address(participants));
            emit I.Accredited(stranger, roles, jurisdiction, keccak256("record"), "record");
        }
        vm.prank(regulator);
        participants.accredit(stranger, roles, jurisdiction, "record");
        if (problem.length != 0) return;
        _same(
            participants.account(stranger),
            uint256(roles) << 224 | uint256(1) << 216 | uint256(jurisdiction) << 200,
            "word"
        );
        _same(participants.recordOf(stranger), keccak256("record"), "record");
        (address principal, uint16 held, uint16 staffRoles) = participants.standingOf(stranger);
        _same(principal, stranger, "principal");
        _same(held, roles, "roles");
        _same(staffRoles, 0, "staff roles");
    }

    function test_a_patient_or_staff_is_never_accredited_and_a_patient_never_suspended() external {
        address[2] memory known = [alice, nurse];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_AlreadyKnown.selector, known[i]));
            vm.prank(regulator);
            participants.accredit(known[i], 2, 158, "record");
        }
        vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_NotAccredited.selector, alice));
        vm.prank(regulator);
        participants.suspend(alice);
        bytes4 size = I.ParticipantRegistry_BadSize.selector;
        vm.expectRevert(abi.encodeWithSelector(size, 0));
        vm.prank(regulator);
        participants.accredit(stranger, 2, 158, "");
        vm.expectRevert(abi.encodeWithSelector(size, 8193));
        vm.prank(regulator);
        participants.accredit(stranger, 2, 158, new bytes(8193));
        vm.prank(regulator);
        participants.accredit(stranger, 2, 158, new bytes(8192));
    }

    function test_a_suspension_lasts_until_it_is_lifted() external {
        bytes4 selector = I.ParticipantRegistry_BadStatus.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, stranger, 0));
        vm.prank(regulator);
        participants.suspend(stranger);
        vm.expectRevert(abi.encodeWithSelector(selector, hospital, 1));
        vm.prank(regulator);
        participants.reinstate(hospital);
        uint256 word = participants.account(hospital);
        vm.expectEmit(true, true, true, true, address(participants));
        emit I.Suspended(hospital);
        _suspend(hospital);
        _same(participants.account(hospital), word + (uint256(1) << 216), "only the status changes");
        vm.expectRevert(abi.encodeWithSelector(selector, hospital, 2));
        vm.prank(regulator);
        participants.suspend(hospital);
        _nobody(nurse);
        _nobody(hospital);
        _accredit(hospital, 2);
        _nobody(hospital);
        vm.expectEmit(true, true, true, true, address(participants));
        emit I.Reinstated(hospital);
        vm.prank(regulator);
        participants.reinstate(hospital);
        (address principal, uint16 roles,) = participants.standingOf(hospital);
        _same(principal, hospital, "reinstated");
        _same(roles, 2, "with its new roles");
    }

    // ----------------------------------------------------------------------------------------------------- staff

    function test_staff_join_with_their_own_signature_for_a_week() external {
        address staff = vm.addr(0x57AFF);
        uint40 at = uint40(START);
        bytes32 hash = _joinHash(hospital, staff, 0, at);
        bytes memory signature = _sign(0x57AFF, address(participants), hash);
        bytes4 selector = I.ParticipantRegistry_BadJoinTime.selector;
        _notAdded(staff, 0, at + 1, signature, abi.encodeWithSelector(selector, at + 1, START));
        vm.warp(START + 7 days);
        _notAdded(staff, 0, at, signature, abi.encodeWithSelector(selector, at, START + 7 days));
        vm.warp(START + 7 days - 1);
        _notAdded(staff, 1, at, signature, abi.encodeWithSelector(I.ParticipantRegistry_BadRoles.selector, 1));
        _notAdded(staff, 2048, at, signature, abi.encodeWithSelector(I.ParticipantRegistry_BadRoles.selector, 2048));
        (bool success,) =
            address(participants).call(abi.encodeCall(participants.addStaff, (staff, 1024, at, signature)));
        require(!success, "other roles than signed");
        vm.expectEmit(true, true, true, true, address(participants));
        emit I.StaffAdded(hospital, staff, 0);
        vm.prank(hospital);
        participants.addStaff(staff, 0, at, signature);
        (address principal, uint16 roles, uint16 staffRoles) = participants.standingOf(staff);
        _same(principal, hospital, "principal");
        _same(roles, 6, "roles");
        _same(staffRoles, 0, "staff roles");
        _join(0x57AFF, hospital, 1024);
        (,, staffRoles) = participants.standingOf(staff);
        _same(staffRoles, 1024, "the bit can be changed");
    }

    function _notAdded(address staff, uint16 roles, uint40 at, bytes memory signature, bytes memory problem) private {
        vm.expectRevert(problem);
        vm.prank(hospital);
        participants.addStaff(staff, roles, at, signature);
    }

    function test_only_active_employers_add_and_only_the_own_ones_are_removed() external {
        address custodian = vm.addr(0xC057);
        _accredit(custodian, 4 | 8 | 256);
        _suspend(clinic);
        address[5] memory callers = [stranger, alice, nurse, custodian, clinic];
        for (uint256 i = 0; i < 5; ++i) {
            vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_NotAccredited.selector, callers[i]));
            vm.prank(callers[i]);
            participants.addStaff(stranger, 0, uint40(START), "");
            vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_NotStaff.selector, callers[i], gateway));
            vm.prank(callers[i]);
            participants.removeStaff(gateway);
        }
        uint16[6] memory employers = [2, 16, 32, 64, 128, 512];
        for (uint256 i = 0; i < 6; ++i) {
            _accredit(vm.addr(0xE00 + i), employers[i]);
            _join(0xF00 + i, vm.addr(0xE00 + i), 0);
            (address principal,,) = participants.standingOf(vm.addr(0xF00 + i));
            _same(principal, vm.addr(0xE00 + i), "principal");
        }
    }

    function test_who_has_a_role_or_another_institution_or_a_suspension_is_not_available() external {
        address suspended = vm.addr(0x505);
        _join(0x505, hospital, 0);
        _suspend(suspended);
        address[4] memory taken = [alice, hospital, nurse, suspended];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_NotAvailable.selector, taken[i]));
            vm.prank(clinic);
            participants.addStaff(taken[i], 0, uint40(START), "");
        }
        vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_NotAvailable.selector, suspended));
        vm.prank(hospital);
        participants.addStaff(suspended, 0, uint40(START), "");
    }

    function test_a_removed_account_acts_for_nobody_and_keeps_its_suspension() external {
        vm.expectEmit(true, true, true, true, address(participants));
        emit I.StaffRemoved(hospital, nurse);
        vm.prank(hospital);
        participants.removeStaff(nurse);
        _same(participants.account(nurse), uint256(3) << 216, "removed");
        _nobody(nurse);
        _suspend(nurse);
        vm.prank(regulator);
        participants.reinstate(nurse);
        _same(participants.account(nurse), uint256(3) << 216, "comes back as removed");
        _join(NURSE_KEY, clinic, 0);
        _suspend(nurse);
        vm.prank(clinic);
        participants.removeStaff(nurse);
        _same(participants.account(nurse), uint256(2) << 216, "stays suspended");
        vm.prank(regulator);
        participants.reinstate(nurse);
        _accredit(nurse, 16);
        (address principal,,) = participants.standingOf(nurse);
        _same(principal, nurse, "a removed account can be accredited");
        _suspend(gateway);
        vm.prank(regulator);
        participants.reinstate(gateway);
        (principal,,) = participants.standingOf(gateway);
        _same(principal, hospital, "reinstated staff are staff again");
    }

    function test_a_suspended_institution_may_still_remove_staff() external {
        _suspend(hospital);
        vm.prank(hospital);
        participants.removeStaff(nurse);
        _same(participants.account(nurse), uint256(3) << 216, "removed");
    }

    function test_a_key_document_is_published_by_active_accredited_accounts() external {
        vm.expectEmit(true, true, true, true, address(participants));
        emit I.KeyPublished(hospital, keccak256("key"), 1, "key");
        vm.prank(hospital);
        participants.publishKey("key", 1);
        _same(participants.digestOf(hospital), keccak256("key"), "digest");
        _same(uint40(participants.account(hospital)), 1, "seq");
        vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_BadSeq.selector, 1, 2));
        vm.prank(hospital);
        participants.publishKey("key", 1);
        bytes4 size = I.ParticipantRegistry_BadSize.selector;
        vm.expectRevert(abi.encodeWithSelector(size, 0));
        vm.prank(hospital);
        participants.publishKey("", 2);
        vm.expectRevert(abi.encodeWithSelector(size, 8193));
        vm.prank(hospital);
        participants.publishKey(new bytes(8193), 2);
        _suspend(clinic);
        address[4] memory callers = [stranger, alice, gateway, clinic];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(I.ParticipantRegistry_NotAccredited.selector, callers[i]));
            vm.prank(callers[i]);
            participants.publishKey("key", 1);
        }
    }

    function test_two_accounts_are_read_in_one_call_and_the_first_unfit_is_named() external view {
        (uint256 first, uint256 second) = participants.accountsOf(hospital, nurse);
        _same(first, participants.account(hospital), "first");
        _same(second, participants.account(nurse), "second");
        (first, second) = participants.accountsOf(nurse, nurse);
        _same(first, second, "the same");
        address[] memory list = new address[](2);
        (list[0], list[1]) = (vm.addr(validatorKeys[0]), vm.addr(validatorKeys[1]));
        _same(participants.unfit(list, 8), address(0), "all fit");
        _same(participants.unfit(list, 10), address(0), "all roles held");
        _same(participants.unfit(list, 12), list[0], "one role of two is not enough");
        list[1] = stranger;
        _same(participants.unfit(list, 8), stranger, "the second");
    }

    function _nobody(address who) private view {
        (address principal, uint16 roles, uint16 staffRoles) = participants.standingOf(who);
        _same(uint256(uint160(principal)) + roles + staffRoles, 0, "acts for nobody");
    }

    function test_patients_act_for_nobody_but_themselves() external view {
        _nobody(alice);
        _nobody(stranger);
    }

    // ------------------------------------------------------------------------------------------------ audit log

    function test_a_gateway_continues_its_own_chain() external {
        bytes32 head = keccak256(abi.encode(bytes32(0), DIGEST, DIGEST, uint32(5)));
        vm.expectEmit(true, true, true, true, address(audit));
        emit IAuditLog.Anchored(gateway, hospital, head, DIGEST, DIGEST, 5);
        vm.prank(gateway);
        _same(audit.anchor(0, DIGEST, DIGEST, 5), head, "head");
        _same(audit.headOf(gateway), head, "stored");
        vm.recordLogs();
        vm.prank(gateway);
        _same(audit.anchor(0, DIGEST, DIGEST, 5), head, "repeated");
        _same(vm.getRecordedLogs().length, 0, "events");
        vm.expectRevert(abi.encodeWithSelector(IAuditLog.AuditLog_NotContinued.selector, bytes32(0), head));
        vm.prank(gateway);
        audit.anchor(0, DIGEST, DIGEST, 6);
        vm.prank(gateway);
        bytes32 next = audit.anchor(head, DIGEST, DIGEST, 0);
        _same(next, keccak256(abi.encode(head, DIGEST, DIGEST, uint32(0))), "next");
        _suspend(hospital);
        vm.prank(gateway);
        audit.anchor(next, DIGEST, DIGEST, 1);
    }

    function test_nobody_but_an_active_gateway_anchors_receipts() external {
        _suspend(gateway);
        address[5] memory callers = [stranger, alice, hospital, nurse, gateway];
        for (uint256 i = 0; i < 5; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAuditLog.AuditLog_NotGateway.selector, callers[i]));
            vm.prank(callers[i]);
            audit.anchor(0, DIGEST, DIGEST, 1);
        }
    }
}
