// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignatures} from "./ISignatures.sol";

/// @title Who is who
/// @notice Patients register themselves; a regulator accredits everyone else; institutions add their staff. One
/// storage slot an account:
///
///   word, from the top bit: zero 16 | roles 16 | status 8 | jurisdiction 16 | institution 160 | seq 40
///
/// status: 0 none, 1 active, 2 suspended, 3 removed. roles: 1 patient, 2 institution, 4 custodian, 8 validator,
/// 16 researcher, 32 insurer, 64 sponsor, 128 service, 256 regulator, 512 processor, 1024 gateway (on staff only).
/// institution: for staff, whom they act for. seq: the number of the account's last change of key, directory,
/// recovery or delegation; each new one carries the stored one plus one, so that nothing signed earlier can be
/// replayed over something newer.
///
/// What is deliberately absent: names, any way to suspend a patient, to change a patient's recovery from outside,
/// or to undo a succession.
/// @dev Domain ("MedShare", "1", chainId, this contract). Messages:
///   Register(address patient,bytes32 directory)
///   Directory(address patient,bytes32 digest,uint40 seq)
///   Recovery(address patient,address recovery,uint40 seq)
///   Accept(address patient,address next)
///   Delegate(address patient,address delegate,uint8 powers,uint40 issuedAt,uint40 notAfter,uint40 seq)
///   Join(address institution,address staff,uint16 roles,uint40 at)
interface IParticipantRegistry is ISignatures {
    /// @notice A patient registered; seq is 1 now.
    event Registered(address indexed patient, bytes32 directory);

    /// @notice A patient's directory changed.
    event DirectorySet(address indexed patient, bytes32 digest, uint40 seq);

    /// @notice An accredited account published its key document.
    event KeyPublished(address indexed account, bytes32 digest, uint40 seq, bytes document);

    /// @notice A patient's recovery address was named or changed.
    event RecoverySet(address indexed patient, address recovery, uint40 seq);

    /// @notice A patient named, changed or (powers 0) withdrew a delegate.
    event Delegated(
        address indexed patient, address indexed delegate, uint8 powers, uint40 issuedAt, uint40 notAfter, uint40 seq
    );

    /// @notice The patient moved house: `next` inherits the leaves of `patient`, whose consents are void.
    event Succeeded(address indexed patient, address indexed next);

    /// @notice The regulator accredited an account or changed its accreditation.
    event Accredited(address indexed account, uint16 roles, uint16 jurisdiction, bytes32 digest, bytes record);

    /// @notice The regulator suspended an account.
    event Suspended(address indexed account);

    /// @notice The regulator lifted a suspension.
    event Reinstated(address indexed account);

    /// @notice An institution added a staff account, or changed its gateway bit.
    event StaffAdded(address indexed institution, address indexed staff, uint16 roles);

    /// @notice An institution removed a staff account.
    event StaffRemoved(address indexed institution, address indexed staff);

    /// @notice Thrown when a digest is zero.
    error ParticipantRegistry_ZeroDigest();

    /// @notice Thrown when the account exists already in another form (or with another directory).
    error ParticipantRegistry_AlreadyKnown(address account);

    /// @notice Thrown when the account is not a registered patient.
    error ParticipantRegistry_NotPatient(address account);

    /// @notice Thrown when the address has a successor: it changes nothing more.
    error ParticipantRegistry_HasSuccessor(address patient, address next);

    /// @notice Thrown when `seq` is not the stored one plus one.
    error ParticipantRegistry_BadSeq(uint40 seq, uint40 expected);

    /// @notice Thrown when the account is not accredited and active.
    error ParticipantRegistry_NotAccredited(address account);

    /// @notice Thrown when a document or record is empty or longer than 8,192 bytes.
    error ParticipantRegistry_BadSize(uint256 size);

    /// @notice Thrown when a recovery address is zero or the patient's own.
    error ParticipantRegistry_BadRecovery(address recovery);

    /// @notice Thrown when the caller is not the one who may: the patient while no recovery is set, then only it.
    error ParticipantRegistry_NotRecovery(address patient, address caller);

    /// @notice Thrown when a patient names themselves as successor.
    error ParticipantRegistry_BadSuccessor(address next);

    /// @notice Thrown when a delegate is zero or the patient.
    error ParticipantRegistry_BadDelegate(address delegate);

    /// @notice Thrown when powers have a bit above the six known ones.
    error ParticipantRegistry_BadPowers(uint8 powers);

    /// @notice Thrown when a delegation is dated zero or after the block, or ends at or before its date.
    error ParticipantRegistry_BadPeriod(uint40 issuedAt, uint40 notAfter);

    /// @notice Thrown when roles are empty, or hold a bit that this call cannot give.
    error ParticipantRegistry_BadRoles(uint16 roles);

    /// @notice Thrown when the jurisdiction is zero.
    error ParticipantRegistry_ZeroJurisdiction();

    /// @notice Thrown when the account is not in the status the call needs (1 active, 2 suspended).
    error ParticipantRegistry_BadStatus(address account, uint8 status);

    /// @notice Thrown when the staff account has a role of its own, is suspended, or is another institution's.
    error ParticipantRegistry_NotAvailable(address staff);

    /// @notice Thrown when the account is not on the caller's staff.
    error ParticipantRegistry_NotStaff(address institution, address staff);

    /// @notice Thrown when a `Join` is dated after the block, or seven days ago or earlier.
    error ParticipantRegistry_BadJoinTime(uint40 at, uint256 time);

    /// @notice Thrown when a path of successors is longer than 8, broken, or ends before the last one.
    error ParticipantRegistry_BadPath(address patient, uint256 index);

    // ----------------------------------------------------------------------------------------------- patients

    /// @notice The caller becomes a patient with this directory. The same again changes nothing.
    /// @param directory keccak256 of the directory's bytes.
    function register(bytes32 directory) external;

    /// @notice As `register`, by the signed `Register` of the patient's own key.
    function registerBySig(address patient, bytes32 directory, bytes calldata signature) external;

    /// @notice As `register`, by the patient's contract wallet (ERC-1271).
    function registerByWallet(address patient, bytes32 directory, bytes calldata signature) external;

    /// @notice The calling patient names a new directory.
    function setDirectory(bytes32 digest, uint40 seq) external;

    /// @notice As `setDirectory`, by the signed `Directory` of the patient's own key.
    function setDirectoryBySig(address patient, bytes32 digest, uint40 seq, bytes calldata signature) external;

    /// @notice As `setDirectory`, by the patient's contract wallet.
    function setDirectoryByWallet(address patient, bytes32 digest, uint40 seq, bytes calldata signature) external;

    /// @notice Names the address that alone can move the patient to a new one. The patient calls while none is set;
    /// afterwards only the one that is set.
    /// @dev WARNING: its key must never be on the device of daily use. There is no way around it later.
    function setRecovery(address patient, address recovery, uint40 seq) external;

    /// @notice As `setRecovery`, by the signed `Recovery` of whoever may, key.
    function setRecoveryBySig(address patient, address recovery, uint40 seq, bytes calldata signature) external;

    /// @notice As `setRecovery`, by the contract wallet of whoever may.
    function setRecoveryByWallet(address patient, address recovery, uint40 seq, bytes calldata signature) external;

    /// @notice The calling patient names a delegate, or withdraws it with powers 0.
    /// @param powers 1 grant, 2 revoke, 4 lock, 8 erase, 16 read, 32 refuse, added up.
    /// @param issuedAt When it was signed; a lockdown at or after this second voids it.
    /// @param notAfter Its end; no consent it grants outlives it.
    function delegate(address to, uint8 powers, uint40 issuedAt, uint40 notAfter, uint40 seq) external;

    /// @notice As `delegate`, by the signed `Delegate` of the patient's own key.
    function delegateBySig(
        address patient,
        address to,
        uint8 powers,
        uint40 issuedAt,
        uint40 notAfter,
        uint40 seq,
        bytes calldata signature
    ) external;

    /// @notice As `delegate`, by the patient's contract wallet.
    function delegateByWallet(
        address patient,
        address to,
        uint8 powers,
        uint40 issuedAt,
        uint40 notAfter,
        uint40 seq,
        bytes calldata signature
    ) external;

    /// @notice The recovery address moves `patient` to `next`, a registered patient without successor that signed
    /// `Accept` (key or contract wallet). Everything the old address granted or will sign is void at once, and it is
    /// nobody's grantee, accessor or delegate any more: its status is 3.
    function succeed(address patient, address next, bytes calldata acceptSignature) external;

    // ------------------------------------------------------------------------------------- accredited accounts

    /// @notice The calling accredited account publishes its public key document (at most 8,192 bytes).
    function publishKey(bytes calldata document, uint40 seq) external;

    /// @notice The calling institution (or researcher, insurer, sponsor, service, processor) adds a staff account
    /// that signed `Join` less than seven days ago (key or contract wallet).
    /// @param roles 0, or 1024 for a gateway.
    function addStaff(address staff, uint16 roles, uint40 at, bytes calldata signature) external;

    /// @notice The calling institution removes a staff account. It acts for nobody from the next block on. A
    /// suspended one stays suspended, also for other institutions. Suspended institutions may remove too.
    function removeStaff(address staff) external;

    // ---------------------------------------------------------------------------------------------- regulator

    /// @notice Accredits an account or changes its accreditation. Never the patient nor the gateway bit; never a
    /// patient nor a staff account. Does not lift a suspension. Restricted by the access manager.
    /// @param record The accreditation record (at most 8,192 bytes); statements name its digest.
    function accredit(address account, uint16 roles, uint16 jurisdiction, bytes calldata record) external;

    /// @notice Suspends an accredited or staff account, from the next `permits` on; never a patient. Restricted.
    function suspend(address account) external;

    /// @notice Lifts a suspension. Restricted.
    function reinstate(address account) external;

    // ------------------------------------------------------------------------------------------------ reading

    /// @notice The account's word.
    function account(address who) external view returns (uint256 word);

    /// @notice Two accounts' words in one call; the second is read only if it is another account.
    function accountsOf(address first, address second) external view returns (uint256 firstWord, uint256 secondWord);

    /// @notice The first of the accounts that is not active with every one of `roles`; zero if all are.
    function unfit(address[] calldata accounts, uint16 roles) external view returns (address first);

    /// @notice Whom the account acts for: itself if it is accredited and active, the active participant whose active
    /// staff it is, or nobody (all zero; also patients).
    /// @return principal The accredited participant.
    /// @return roles The principal's roles.
    /// @return staffRoles The staff account's own roles (the gateway bit); 0 when it acts for itself.
    function standingOf(address who) external view returns (address principal, uint16 roles, uint16 staffRoles);

    /// @notice keccak256 of the account's directory (patients) or key document (accredited).
    function digestOf(address who) external view returns (bytes32 digest);

    /// @notice keccak256 of the account's accreditation record.
    function recordOf(address who) external view returns (bytes32 digest);

    /// @notice The patient's successor; zero if none.
    function movedTo(address patient) external view returns (address next);

    /// @notice The patient's recovery address; zero if none.
    function recoveryOf(address patient) external view returns (address recovery);

    /// @notice What the patient delegated; all zero if nothing or withdrawn, or if `to` has moved.
    /// @dev WARNING: says nothing of lockdowns. Ask the consent registry's `actsUntil`.
    function delegationOf(address patient, address to)
        external
        view
        returns (uint8 powers, uint40 issuedAt, uint40 notAfter);

    /// @notice The last successor of `patient`.
    /// @param path The successors from `patient` (left out) to the last, at most 8; checked in full.
    function lastSuccessorOf(address patient, address[] calldata path) external view returns (address last);
}
