// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";

import {AccountWord} from "./AccountWord.sol";
import {Predecessor} from "./Predecessor.sol";
import {Signatures} from "./Signatures.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Who is who
/// @notice The manual is `IParticipantRegistry`.
contract ParticipantRegistry is IParticipantRegistry, AccessManaged, EIP712, Predecessor {
    using AccountWord for uint256;

    bytes32 private constant REGISTER_TYPEHASH = keccak256("Register(address patient,bytes32 directory)");
    bytes32 private constant DIRECTORY_TYPEHASH = keccak256("Directory(address patient,bytes32 digest,uint40 seq)");
    bytes32 private constant RECOVERY_TYPEHASH = keccak256("Recovery(address patient,address recovery,uint40 seq)");
    bytes32 private constant ACCEPT_TYPEHASH = keccak256("Accept(address patient,address next)");
    bytes32 private constant DELEGATE_TYPEHASH =
        keccak256("Delegate(address patient,address delegate,uint8 powers,uint40 issuedAt,uint40 notAfter,uint40 seq)");
    bytes32 private constant JOIN_TYPEHASH =
        keccak256("Join(address institution,address staff,uint16 roles,uint40 at)");

    uint256 private constant LARGEST_DOCUMENT = 8192;
    uint256 private constant LONGEST_PATH = 8;
    uint256 private constant JOIN_FRESH_FOR = 7 days;
    uint8 private constant ALL_POWERS = 63;

    /// @notice Where a succession voids the old address's consents.
    IConsentRegistry public immutable consents;

    /// @dev who => word, see `AccountWord`.
    mapping(address who => uint256 word) private _accounts;
    /// @dev patient => delegate => powers 8 | issuedAt 40 | notAfter 40.
    mapping(address patient => mapping(address to => uint256 word)) private _delegations;
    /// @inheritdoc IParticipantRegistry
    mapping(address who => bytes32 digest) public digestOf;
    /// @inheritdoc IParticipantRegistry
    mapping(address who => bytes32 digest) public recordOf;
    /// @inheritdoc IParticipantRegistry
    mapping(address patient => address next) public movedTo;
    /// @inheritdoc IParticipantRegistry
    mapping(address patient => address recovery) public recoveryOf;

    constructor(address authority_, IConsentRegistry consents_, address predecessor_)
        AccessManaged(authority_)
        EIP712("MedShare", "1")
        Predecessor(predecessor_)
    {
        consents = consents_;
    }

    /// @inheritdoc IParticipantRegistry
    function register(bytes32 directory) external {
        _register(msg.sender, directory);
    }

    /// @inheritdoc IParticipantRegistry
    function registerBySig(address patient, bytes32 directory, bytes calldata signature) external {
        // [P-001]
        Signatures.requireKey(patient, _registration(patient, directory), signature);
        _register(patient, directory);
    }

    /// @inheritdoc IParticipantRegistry
    function registerByWallet(address patient, bytes32 directory, bytes calldata signature) external {
        Signatures.requireWallet(patient, _registration(patient, directory), signature);
        _register(patient, directory);
    }

    /// @inheritdoc IParticipantRegistry
    function setDirectory(bytes32 digest, uint40 seq) external {
        _setDirectory(msg.sender, digest, seq);
    }

    /// @inheritdoc IParticipantRegistry
    function setDirectoryBySig(address patient, bytes32 digest, uint40 seq, bytes calldata signature) external {
        Signatures.requireKey(patient, _directory(patient, digest, seq), signature);
        _setDirectory(patient, digest, seq);
    }

    /// @inheritdoc IParticipantRegistry
    function setDirectoryByWallet(address patient, bytes32 digest, uint40 seq, bytes calldata signature) external {
        Signatures.requireWallet(patient, _directory(patient, digest, seq), signature);
        _setDirectory(patient, digest, seq);
    }

    /// @inheritdoc IParticipantRegistry
    function setRecovery(address patient, address recovery, uint40 seq) external {
        // [P-007]
        if (msg.sender != _authorityOver(patient)) revert ParticipantRegistry_NotRecovery(patient, msg.sender);
        _setRecovery(patient, recovery, seq);
    }

    /// @inheritdoc IParticipantRegistry
    function setRecoveryBySig(address patient, address recovery, uint40 seq, bytes calldata signature) external {
        Signatures.requireKey(_authorityOver(patient), _recovery(patient, recovery, seq), signature);
        _setRecovery(patient, recovery, seq);
    }

    /// @inheritdoc IParticipantRegistry
    function setRecoveryByWallet(address patient, address recovery, uint40 seq, bytes calldata signature) external {
        Signatures.requireWallet(_authorityOver(patient), _recovery(patient, recovery, seq), signature);
        _setRecovery(patient, recovery, seq);
    }

    /// @inheritdoc IParticipantRegistry
    function delegate(address to, uint8 powers, uint40 issuedAt, uint40 notAfter, uint40 seq) external {
        _delegate(msg.sender, to, powers, issuedAt, notAfter, seq);
    }

    /// @inheritdoc IParticipantRegistry
    function delegateBySig(
        address patient,
        address to,
        uint8 powers,
        uint40 issuedAt,
        uint40 notAfter,
        uint40 seq,
        bytes calldata signature
    ) external {
        Signatures.requireKey(patient, _delegation(patient, to, powers, issuedAt, notAfter, seq), signature);
        _delegate(patient, to, powers, issuedAt, notAfter, seq);
    }

    /// @inheritdoc IParticipantRegistry
    function delegateByWallet(
        address patient,
        address to,
        uint8 powers,
        uint40 issuedAt,
        uint40 notAfter,
        uint40 seq,
        bytes calldata signature
    ) external {
        Signatures.requireWallet(patient, _delegation(patient, to, powers, issuedAt, notAfter, seq), signature);
        _delegate(patient, to, powers, issuedAt, notAfter, seq);
    }

    /// @inheritdoc IParticipantRegistry
    function succeed(address patient, address next, bytes calldata acceptSignature) external {
        // Check. An unset recovery is the zero address, which never calls.
        // [P-008]
        if (msg.sender != recoveryOf[patient]) revert ParticipantRegistry_NotRecovery(patient, msg.sender);
        if (next == patient) revert ParticipantRegistry_BadSuccessor(next);
        _requirePatient(patient);
        _requirePatient(next);
        Signatures.requireEither(
            next, _hashTypedDataV4(keccak256(abi.encode(ACCEPT_TYPEHASH, patient, next))), acceptSignature
        );
        // Effect.
        movedTo[patient] = next;
        _accounts[patient] = _accounts[patient].withStatus(AccountWord.REMOVED);
        emit Succeeded(patient, next);
        // Interaction, with our own immutable contract only.
        consents.retireAddress(patient);
    }

    /// @inheritdoc IParticipantRegistry
    function publishKey(bytes calldata document, uint40 seq) external {
        if (!_accounts[msg.sender].isAccredited()) revert ParticipantRegistry_NotAccredited(msg.sender);
        _requireSize(document.length);
        _advance(msg.sender, seq);
        bytes32 digest = keccak256(document);
        digestOf[msg.sender] = digest;
        emit KeyPublished(msg.sender, digest, seq, document);
    }

    /// @inheritdoc IParticipantRegistry
    function addStaff(address staff, uint16 roles, uint40 at, bytes calldata signature) external {
        uint256 employer = _accounts[msg.sender];
        if (!employer.isActive() || employer.roles() & AccountWord.EMPLOYER == 0) {
            revert ParticipantRegistry_NotAccredited(msg.sender);
        }
        if (roles != 0 && roles != AccountWord.GATEWAY) revert ParticipantRegistry_BadRoles(roles);
        // [P-005]
        if (at > block.timestamp || block.timestamp >= at + JOIN_FRESH_FOR) {
            revert ParticipantRegistry_BadJoinTime(at, block.timestamp);
        }
        uint256 word = _accounts[staff];
        // [P-006]
        if (
            word.roles() & ~AccountWord.GATEWAY != 0 || word.status() == AccountWord.SUSPENDED
                || (word.institution() != address(0) && word.institution() != msg.sender)
        ) revert ParticipantRegistry_NotAvailable(staff);
        bytes32 structHash = keccak256(abi.encode(JOIN_TYPEHASH, msg.sender, staff, roles, at));
        // [P-005]
        Signatures.requireEither(staff, _hashTypedDataV4(structHash), signature);
        _accounts[staff] = AccountWord.pack(roles, AccountWord.ACTIVE, 0, msg.sender, word.seq());
        emit StaffAdded(msg.sender, staff, roles);
    }

    /// @inheritdoc IParticipantRegistry
    function removeStaff(address staff) external {
        uint256 word = _accounts[staff];
        if (word.institution() != msg.sender) revert ParticipantRegistry_NotStaff(msg.sender, staff);
        uint8 status = word.status() == AccountWord.SUSPENDED ? AccountWord.SUSPENDED : AccountWord.REMOVED;
        _accounts[staff] = AccountWord.pack(0, status, 0, address(0), word.seq());
        emit StaffRemoved(msg.sender, staff);
    }

    /// @inheritdoc IParticipantRegistry
    function accredit(address who, uint16 roles, uint16 jurisdiction, bytes calldata record) external restricted {
        if (roles == 0 || roles & ~AccountWord.ACCREDITED != 0) revert ParticipantRegistry_BadRoles(roles);
        if (jurisdiction == 0) revert ParticipantRegistry_ZeroJurisdiction();
        _requireSize(record.length);
        uint256 word = _accounts[who];
        // [P-002]
        if (word.roles() & AccountWord.PATIENT != 0 || word.institution() != address(0)) {
            revert ParticipantRegistry_AlreadyKnown(who);
        }
        uint8 status = word.status() == AccountWord.SUSPENDED ? AccountWord.SUSPENDED : AccountWord.ACTIVE;
        _accounts[who] = AccountWord.pack(roles, status, jurisdiction, address(0), word.seq());
        bytes32 digest = keccak256(record);
        recordOf[who] = digest;
        emit Accredited(who, roles, jurisdiction, digest, record);
    }

    /// @inheritdoc IParticipantRegistry
    function suspend(address who) external restricted {
        uint256 word = _accounts[who];
        // [P-002]
        if (word.roles() & AccountWord.PATIENT != 0) revert ParticipantRegistry_NotAccredited(who);
        uint8 status = word.status();
        if (status != AccountWord.ACTIVE && status != AccountWord.REMOVED) {
            revert ParticipantRegistry_BadStatus(who, status);
        }
        // [P-003]
        _accounts[who] = word.withStatus(AccountWord.SUSPENDED);
        emit Suspended(who);
    }

    /// @inheritdoc IParticipantRegistry
    function reinstate(address who) external restricted {
        uint256 word = _accounts[who];
        if (word.status() != AccountWord.SUSPENDED) revert ParticipantRegistry_BadStatus(who, word.status());
        // Whoever was removed from the staff meanwhile comes back as what they are: removed.
        bool belongs = word.roles() != 0 || word.institution() != address(0);
        _accounts[who] = word.withStatus(belongs ? AccountWord.ACTIVE : AccountWord.REMOVED);
        emit Reinstated(who);
    }

    /// @inheritdoc IParticipantRegistry
    function account(address who) external view returns (uint256 word) {
        return _accounts[who];
    }

    /// @inheritdoc IParticipantRegistry
    function accountsOf(address first, address second) external view returns (uint256 firstWord, uint256 secondWord) {
        firstWord = _accounts[first];
        secondWord = second == first ? firstWord : _accounts[second];
    }

    /// @inheritdoc IParticipantRegistry
    function unfit(address[] calldata accounts, uint16 roles) external view returns (address first) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (!_accounts[accounts[i]].isActiveAs(roles)) return accounts[i];
        }
    }

    /// @inheritdoc IParticipantRegistry
    function standingOf(address who) external view returns (address principal, uint16 roles, uint16 staffRoles) {
        uint256 word = _accounts[who];
        if (!word.isActive()) return (address(0), 0, 0);
        principal = word.institution();
        if (principal == address(0)) {
            roles = word.roles();
            return roles & AccountWord.ACCREDITED == 0 ? (address(0), 0, 0) : (who, roles, 0);
        }
        uint256 employer = _accounts[principal];
        return employer.isActive() ? (principal, employer.roles(), word.roles()) : (address(0), 0, 0);
    }

    /// @inheritdoc IParticipantRegistry
    function delegationOf(address patient, address to)
        external
        view
        returns (uint8 powers, uint40 issuedAt, uint40 notAfter)
    {
        // Whoever holds the key of an address that was left must not go on acting for others.
        if (movedTo[to] != address(0)) return (0, 0, 0); // [P-012]
        uint256 word = _delegations[patient][to];
        return (uint8(word >> 80), uint40(word >> 40), uint40(word));
    }

    /// @inheritdoc IParticipantRegistry
    function lastSuccessorOf(address patient, address[] calldata path) external view returns (address last) {
        if (path.length > LONGEST_PATH) revert ParticipantRegistry_BadPath(patient, path.length);
        last = patient;
        for (uint256 i = 0; i < path.length; ++i) {
            address next = movedTo[last];
            if (next != path[i] || next == address(0)) revert ParticipantRegistry_BadPath(patient, i);
            last = next;
        }
        if (movedTo[last] != address(0)) revert ParticipantRegistry_BadPath(patient, path.length);
    }

    function _register(address patient, bytes32 directory) private {
        if (directory == 0) revert ParticipantRegistry_ZeroDigest();
        uint256 word = _accounts[patient];
        if (word != 0) {
            if (word.roles() == AccountWord.PATIENT && digestOf[patient] == directory) return;
            revert ParticipantRegistry_AlreadyKnown(patient);
        }
        _accounts[patient] = AccountWord.pack(AccountWord.PATIENT, AccountWord.ACTIVE, 0, address(0), 1);
        digestOf[patient] = directory;
        emit Registered(patient, directory);
    }

    function _setDirectory(address patient, bytes32 digest, uint40 seq) private {
        if (digest == 0) revert ParticipantRegistry_ZeroDigest();
        _requirePatient(patient);
        _advance(patient, seq);
        digestOf[patient] = digest;
        emit DirectorySet(patient, digest, seq);
    }

    function _setRecovery(address patient, address recovery, uint40 seq) private {
        if (recovery == address(0) || recovery == patient) revert ParticipantRegistry_BadRecovery(recovery);
        _requirePatient(patient);
        _advance(patient, seq);
        recoveryOf[patient] = recovery;
        emit RecoverySet(patient, recovery, seq);
    }

    function _delegate(address patient, address to, uint8 powers, uint40 issuedAt, uint40 notAfter, uint40 seq)
        private
    {
        // [P-010]
        if (to == address(0) || to == patient) revert ParticipantRegistry_BadDelegate(to);
        if (powers > ALL_POWERS) revert ParticipantRegistry_BadPowers(powers);
        if (issuedAt == 0 || issuedAt > block.timestamp || notAfter <= issuedAt) {
            revert ParticipantRegistry_BadPeriod(issuedAt, notAfter);
        }
        _requirePatient(patient);
        _advance(patient, seq);
        _delegations[patient][to] = powers == 0 ? 0 : uint256(powers) << 80 | uint256(issuedAt) << 40 | notAfter;
        emit Delegated(patient, to, powers, issuedAt, notAfter, seq);
    }

    /// @dev The one counter of an account's changes: exactly the next number.
    function _advance(address who, uint40 seq) private {
        uint256 word = _accounts[who];
        uint40 expected = word.seq() + 1;
        // [P-004]
        if (seq != expected) revert ParticipantRegistry_BadSeq(seq, expected);
        _accounts[who] = word.withSeq(seq);
    }

    function _requirePatient(address patient) private view {
        if (_accounts[patient].roles() != AccountWord.PATIENT) revert ParticipantRegistry_NotPatient(patient);
        address next = movedTo[patient];
        // [P-009]
        if (next != address(0)) revert ParticipantRegistry_HasSuccessor(patient, next);
    }

    /// @dev Who may name the recovery address: the one that is set, else the patient.
    function _authorityOver(address patient) private view returns (address) {
        address recovery = recoveryOf[patient];
        return recovery == address(0) ? patient : recovery;
    }

    function _registration(address patient, bytes32 directory) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(REGISTER_TYPEHASH, patient, directory)));
    }

    function _directory(address patient, bytes32 digest, uint40 seq) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(DIRECTORY_TYPEHASH, patient, digest, seq)));
    }

    function _recovery(address patient, address recovery, uint40 seq) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(RECOVERY_TYPEHASH, patient, recovery, seq)));
    }

    function _delegation(address patient, address to, uint8 powers, uint40 issuedAt, uint40 notAfter, uint40 seq)
        private
        view
        returns (bytes32)
    {
        bytes32 structHash = keccak256(abi.encode(DELEGATE_TYPEHASH, patient, to, powers, issuedAt, notAfter, seq));
        return _hashTypedDataV4(structHash);
    }

    function _requireSize(uint256 size) private pure {
        if (size == 0 || size > LARGEST_DOCUMENT) revert ParticipantRegistry_BadSize(size);
    }
}
