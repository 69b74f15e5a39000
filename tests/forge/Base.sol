// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessRequests} from "../../interfaces/IAccessRequests.sol";
import {IAuditLog} from "../../interfaces/IAuditLog.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {IParticipantRegistry} from "../../interfaces/IParticipantRegistry.sol";
import {IRecordRegistry} from "../../interfaces/IRecordRegistry.sol";
import {vm} from "./Vm.sol";

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

/// @dev A deployment, named actors and signed messages. The contracts come as artefacts, not by `new`: a test contract
/// that embeds them takes minutes to compile under via-IR. Typed-data hashes are written out here a second time, on
/// purpose: a test that asked the contract for them would prove nothing.
abstract contract Base {
    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant NEVER = 0;
    uint64 internal constant SCOPE = 0x96a5c3f00f3c5a69; // 32 bits
    uint64 internal constant TREAT = uint64(1) << 60;
    uint8 internal constant READ = 1;
    uint8 internal constant WRITE = 2;
    bytes32 internal constant STATEMENT = keccak256("The statement that the patient saw.");

    uint256 internal constant ALICE_KEY = 0xA11CE;
    uint256 internal constant BEN_KEY = 0xBE2;
    uint256 internal constant DORA_KEY = 0xD02A;
    uint256 internal constant VAULT_KEY = 0x7EC0;
    uint256 internal constant NURSE_KEY = 0x205E;
    uint256 internal constant GATEWAY_KEY = 0x6A7E;

    address internal alice = vm.addr(ALICE_KEY); // a patient
    address internal ben = vm.addr(BEN_KEY); // another patient, or Alice's next address
    address internal dora = vm.addr(DORA_KEY); // Alice's delegate
    address internal recovery = vm.addr(VAULT_KEY); // Alice's recovery address
    address internal nurse = vm.addr(NURSE_KEY); // staff of the hospital
    address internal gateway = vm.addr(GATEWAY_KEY); // a gateway of the hospital
    address internal hospital = vm.addr(0x40591741);
    address internal clinic = vm.addr(0xC11217C);
    address internal stranger = vm.addr(0x57A26E2);
    address internal regulator = vm.addr(0x2E61A702);
    uint256[] internal validatorKeys; // rising addresses

    IAccessManager internal manager;
    IParticipantRegistry internal participants;
    IConsentRegistry internal consents;
    IAccessRequests internal requests;
    IRecordRegistry internal records;
    IAuditLog internal audit;

    function setUp() public virtual {
        vm.warp(START);
        _deploy();
        _populate();
    }

    function _deploy() private {
        manager = IAccessManager(vm.deployCode("Authority.sol:Authority", abi.encode(address(this))));
        uint256 nonce = vm.getNonce(address(this));
        address predicted = vm.computeCreateAddress(address(this), nonce + 1);
        participants = IParticipantRegistry(
            vm.deployCode("ParticipantRegistry.sol:ParticipantRegistry", abi.encode(manager, predicted, NEVER))
        );
        consents =
            IConsentRegistry(vm.deployCode("ConsentRegistry.sol:ConsentRegistry", abi.encode(participants, NEVER)));
        require(address(consents) == predicted, "nonce prediction");
        requests = IAccessRequests(
            vm.deployCode("AccessRequests.sol:AccessRequests", abi.encode(participants, consents, NEVER))
        );
        records = IRecordRegistry(
            vm.deployCode("RecordRegistry.sol:RecordRegistry", abi.encode(manager, participants, consents, NEVER))
        );
        audit = IAuditLog(vm.deployCode("AuditLog.sol:AuditLog", abi.encode(participants, NEVER)));
        bytes4[] memory selectors = new bytes4[](3);
        selectors[0] = IParticipantRegistry.accredit.selector;
        selectors[1] = IParticipantRegistry.suspend.selector;
        selectors[2] = IParticipantRegistry.reinstate.selector;
        manager.setTargetFunctionRole(address(participants), selectors, 1);
        manager.grantRole(1, regulator, 0);
    }

    function _populate() private {
        _accredit(hospital, 2 | 4);
        _accredit(clinic, 2);
        _join(NURSE_KEY, hospital, 0);
        _join(GATEWAY_KEY, hospital, 1024);
        for (uint256 key = 1; validatorKeys.length < 4; ++key) {
            uint256 last = validatorKeys.length;
            if (last != 0 && vm.addr(key) <= vm.addr(validatorKeys[last - 1])) continue;
            validatorKeys.push(key);
            _accredit(vm.addr(key), 2 | 8);
        }
        vm.prank(alice);
        participants.register(keccak256("alice's directory"));
        vm.prank(ben);
        participants.register(keccak256("ben's directory"));
    }

    // ------------------------------------------------------------------------------------------------- actions

    function _accredit(address who, uint16 roles) internal {
        vm.prank(regulator);
        participants.accredit(who, roles, 158, bytes("record"));
    }

    function _suspend(address who) internal {
        vm.prank(regulator);
        participants.suspend(who);
    }

    function _join(uint256 key, address institution, uint16 roles) internal {
        address staff = vm.addr(key);
        uint40 at = uint40(block.timestamp);
        bytes memory signature = _sign(key, address(participants), _joinHash(institution, staff, roles, at));
        vm.prank(institution);
        participants.addStaff(staff, roles, at, signature);
    }

    function _delegateTo(address to, uint8 powers, uint40 notAfter) internal {
        uint40 seq = uint40(participants.account(alice)) + 1;
        vm.prank(alice);
        participants.delegate(to, powers, uint40(block.timestamp), notAfter, seq);
    }

    /// @dev The patient names the recovery address, which moves them to the next one.
    function _move(uint256 key, uint256 nextKey) internal {
        (address patient, address next) = (vm.addr(key), vm.addr(nextKey));
        uint40 seq = uint40(participants.account(patient)) + 1;
        vm.prank(patient);
        participants.setRecovery(patient, recovery, seq);
        bytes memory accept = _sign(nextKey, address(participants), _acceptHash(patient, next));
        vm.prank(recovery);
        participants.succeed(patient, next, accept);
    }

    function _grant(address patient, address grantee, uint256 word) internal returns (bytes32 terms) {
        vm.prank(patient);
        consents.grant(grantee, word, 0, STATEMENT);
        return _terms(patient, grantee, word, 0);
    }

    // -------------------------------------------------------------------------------------------------- values

    /// @dev A good word: everything in force from now for a year.
    function _word() internal view returns (uint256) {
        return _word(SCOPE, TREAT, uint40(block.timestamp), uint40(block.timestamp + 365 days), READ);
    }

    function _word(uint64 scope, uint64 purposes, uint40 notBefore, uint40 notAfter, uint8 actions)
        internal
        view
        returns (uint256)
    {
        return _pack(scope, purposes, notBefore, notAfter, uint32(block.timestamp), actions, 0);
    }

    function _pack(
        uint64 scope,
        uint64 purposes,
        uint40 notBefore,
        uint40 notAfter,
        uint32 issuedAt,
        uint8 actions,
        uint8 status
    ) internal pure returns (uint256) {
        return uint256(bytes32(abi.encodePacked(scope, purposes, notBefore, notAfter, issuedAt, actions, status)));
    }

    function _id(address patient, address grantee, bytes32 terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(patient, grantee, terms));
    }

    function _leaf(address patient, bytes32 inner) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(patient, inner))));
    }

    function _node(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(bytes.concat(a, b)) : keccak256(bytes.concat(b, a));
    }

    function _reason(address patient, address grantee, bytes32 terms, address accessor) internal view returns (uint8) {
        return consents.whyNot(patient, grantee, terms, accessor, _aSlot(), 60, READ);
    }

    /// @dev A slot that SCOPE has.
    function _aSlot() internal pure returns (uint8) {
        return 0;
    }

    // -------------------------------------------------------------------------------------------- typed hashes

    function _digest(address verifier, bytes32 structHash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", _domain(verifier), structHash));
    }

    function _domain(address verifier) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("MedShare"),
                keccak256("1"),
                block.chainid,
                verifier
            )
        );
    }

    function _sign(uint256 key, address verifier, bytes32 structHash) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _digest(verifier, structHash));
        return abi.encodePacked(r, s, v);
    }

    function _terms(address patient, address grantee, uint256 word, bytes32 request) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "Consent(address patient,address grantee,uint64 scope,uint64 purposes,uint8 actions,uint40 notBefore,uint40 notAfter,uint32 issuedAt,bytes32 request,string statement)"
                ),
                patient,
                grantee,
                uint64(word >> 192),
                uint64(word >> 128),
                uint8(word >> 8),
                uint40(word >> 88),
                uint40(word >> 48),
                uint32(word >> 16),
                request,
                STATEMENT
            )
        );
    }

    function _revokeHash(address patient, address grantee, bytes32 terms) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(keccak256("Revoke(address patient,address grantee,bytes32 terms)"), patient, grantee, terms)
        );
    }

    function _lockdownHash(address patient, uint40 time) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("Lockdown(address patient,uint40 time)"), patient, time));
    }

    function _eraseHash(address patient, bytes32 inner) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("Erase(address patient,bytes32 inner)"), patient, inner));
    }

    function _eraseAllHash(address patient) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("EraseAll(address patient)"), patient));
    }

    function _confirmHash(address provider, bytes32 root) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("Confirm(address provider,bytes32 root)"), provider, root));
    }

    function _registerHash(address patient, bytes32 directory) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("Register(address patient,bytes32 directory)"), patient, directory));
    }

    function _directoryHash(address patient, bytes32 digest, uint40 seq) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(keccak256("Directory(address patient,bytes32 digest,uint40 seq)"), patient, digest, seq)
            );
    }

    function _recoveryHash(address patient, address recovery_, uint40 seq) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(keccak256("Recovery(address patient,address recovery,uint40 seq)"), patient, recovery_, seq)
        );
    }

    function _acceptHash(address patient, address next) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("Accept(address patient,address next)"), patient, next));
    }

    function _delegateHash(address patient, address to, uint8 powers, uint40 issuedAt, uint40 notAfter, uint40 seq)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                keccak256(
                    "Delegate(address patient,address delegate,uint8 powers,uint40 issuedAt,uint40 notAfter,uint40 seq)"
                ),
                patient,
                to,
                powers,
                issuedAt,
                notAfter,
                seq
            )
        );
    }

    function _joinHash(address institution, address staff, uint16 roles, uint40 at) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("Join(address institution,address staff,uint16 roles,uint40 at)"),
                institution,
                staff,
                roles,
                at
            )
        );
    }

    /// @dev Signatures of `Confirm` by the first `count` validators.
    function _confirmations(address provider, bytes32 root, uint256 count)
        internal
        view
        returns (address[] memory signers, bytes memory signatures)
    {
        signers = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            signers[i] = vm.addr(validatorKeys[i]);
            bytes memory signature = _sign(validatorKeys[i], address(records), _confirmHash(provider, root));
            signatures = bytes.concat(signatures, signature);
        }
    }

    // ----------------------------------------------------------------------------------------------- assertions

    function _same(uint256 actual, uint256 expected, string memory what) internal pure {
        require(
            actual == expected, string.concat(what, ": ", vm.toString(actual), " instead of ", vm.toString(expected))
        );
    }

    function _same(address actual, address expected, string memory what) internal pure {
        _same(uint256(uint160(actual)), uint256(uint160(expected)), what);
    }

    function _same(bytes32 actual, bytes32 expected, string memory what) internal pure {
        _same(uint256(actual), uint256(expected), what);
    }
}
