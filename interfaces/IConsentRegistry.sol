// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignatures} from "./ISignatures.sol";

/// @title Consents: who may read what, why and until when
/// @notice A patient grants; anyone may carry the signed message and pay. One consent is one storage slot, found by
/// `consentId = keccak256(abi.encode(patient, grantee, terms))`, where `terms` is the EIP-712 struct hash of
///
///   Consent(address patient,address grantee,uint64 scope,uint64 purposes,uint8 actions,
///           uint40 notBefore,uint40 notAfter,uint32 issuedAt,bytes32 request,string statement)
///
/// under the domain ("MedShare", "1", chainId, this contract). The id is the consent: another word, another
/// statement or another request is another consent.
///
/// The word, from the top bit: scope 64 | purposes 64 | notBefore 40 | notAfter 40 | issuedAt 32 | actions 8 |
/// status 8. The status is 0 in calldata; stored and in the event it is 1 (granted), after a revocation 2.
///
/// What is deliberately absent: a pause, an owner, an upgrade, a way to grant again what was revoked, a way to
/// suspend a patient, the words of the statement, any list of a patient's consents in storage.
/// @dev WARNING: `permits` is necessary and never sufficient. The scope's bits are slots, half of them decoys; who
/// releases a document must hold the consent document and derive the slot from the category itself.
/// WARNING: a revocation closes the door; it cannot make a reader forget.
interface IConsentRegistry is ISignatures {
    /// @notice One item of `grantBatch`, signed by the patient's own key.
    struct SignedConsent {
        address patient;
        address grantee;
        uint256 word;
        bytes32 request;
        bytes32 statementHash;
        bytes signature;
    }

    /// @notice One item of `revokeBatch`, signed by the patient's own key.
    struct SignedRevocation {
        address patient;
        address grantee;
        bytes32 terms;
        bytes signature;
    }

    /// @notice A consent came into being. `word` is what the slot holds, status 1.
    event Granted(address indexed patient, address indexed grantee, bytes32 terms, uint256 word);

    /// @notice A consent ended for ever, or an id that was never granted was made impossible.
    event Revoked(address indexed patient, bytes32 consentId);

    /// @notice Every consent and delegation of `patient` issued at or before `mark` is void.
    event LockedDown(address indexed patient, uint40 mark);

    /// @notice Item `index` of a batch of consents was left out; `reason` is the selector of the error it would
    /// have met alone.
    event GrantSkipped(uint256 index, address indexed patient, bytes4 reason);

    /// @notice Item `index` of a batch of revocations was left out; `reason` as in `GrantSkipped`.
    event RevocationSkipped(uint256 index, address indexed patient, bytes4 reason);

    /// @notice Thrown when the status byte of a word in calldata is not zero.
    error ConsentRegistry_StatusSet(uint8 status);

    /// @notice Thrown when no action is set, or a bit above the five known ones.
    error ConsentRegistry_BadActions(uint8 actions);

    /// @notice Thrown when no purpose is set, or bit 62 or 63.
    error ConsentRegistry_BadPurposes(uint64 purposes);

    /// @notice Thrown when the scope has not exactly 32 of its 64 bits set.
    error ConsentRegistry_BadScope(uint64 scope);

    /// @notice Thrown when `notBefore` is zero, or `notAfter` is not after it.
    error ConsentRegistry_BadPeriod(uint40 notBefore, uint40 notAfter);

    /// @notice Thrown when the consent would end more than 1,827 days after it was issued.
    error ConsentRegistry_TooLong(uint32 issuedAt, uint40 notAfter);

    /// @notice Thrown when the consent is dated after the block.
    error ConsentRegistry_IssuedInFuture(uint32 issuedAt, uint256 time);

    /// @notice Thrown when the consent was signed seven days ago or earlier and never sent.
    error ConsentRegistry_Stale(uint32 issuedAt, uint256 time);

    /// @notice Thrown when the grantee is the zero address.
    error ConsentRegistry_ZeroGrantee();

    /// @notice Thrown when this very consent was revoked. That is final.
    error ConsentRegistry_AlreadyRevoked(bytes32 consentId);

    /// @notice Thrown when `signer` is not a delegate of `patient` with `power` now: never named, ended, withdrawn,
    /// or named at or before the patient's lockdown.
    error ConsentRegistry_NotEmpowered(address patient, address signer, uint8 power);

    /// @notice Thrown when a delegate's consent would outlive the delegation.
    error ConsentRegistry_OutlivesDelegation(uint40 notAfter, uint40 delegationEnd);

    /// @notice Thrown when a batch holds no item, or more than 100.
    error ConsentRegistry_BadBatch(uint256 length);

    /// @notice Thrown when a lockdown is dated zero or after the block.
    error ConsentRegistry_BadTime(uint40 time, uint256 blockTime);

    /// @notice Thrown when anyone but the participant registry retires an address.
    error ConsentRegistry_NotParticipantRegistry(address caller);

    // ------------------------------------------------------------------------------------------------- grant

    /// @notice The caller, a patient, consents. For programs: a wallet shows no statement here, so people sign.
    /// Granting the very same consent again changes nothing and succeeds.
    /// @param grantee Who may act: an accredited account, a registered patient, or a service contract.
    /// @param word The packed terms, status 0. Example: scope with 32 bits, purposes 1 << 60 (TREAT), actions 1.
    /// @param request The request this answers, `keccak256(abi.encode(requester, digest))`, or zero.
    /// @param statementHash keccak256 of the statement's UTF-8 bytes.
    /// @return consentId The consent's id.
    function grant(address grantee, uint256 word, bytes32 request, bytes32 statementHash)
        external
        returns (bytes32 consentId);

    /// @notice Anyone carries the consent that `patient` signed with their own key (also an account with EIP-7702
    /// code). A consent already in place succeeds before its signature is looked at, so that nobody can make an
    /// honest sender fail by sending first.
    /// @dev Example: `grantBySig(patient, hospital, word, bytes32(0), keccak256(statement), signature)`.
    function grantBySig(
        address patient,
        address grantee,
        uint256 word,
        bytes32 request,
        bytes32 statementHash,
        bytes calldata signature
    ) external returns (bytes32 consentId);

    /// @notice As `grantBySig`, signed by `signer`: the patient's contract wallet (`signer == patient`), or a
    /// delegate with the power to grant (1), by key or contract wallet. A delegate signs the same message; what it
    /// grants ends no later than the delegation.
    function grantBy(
        address signer,
        address patient,
        address grantee,
        uint256 word,
        bytes32 request,
        bytes32 statementHash,
        bytes calldata signature
    ) external returns (bytes32 consentId);

    /// @notice 1 to 100 consents signed by the patients' own keys. A bad item is left out and reported by
    /// `GrantSkipped`; the others go through.
    function grantBatch(SignedConsent[] calldata items) external;

    // ------------------------------------------------------------------------------------------------ revoke

    /// @notice The caller, a patient, revokes for ever. Also of an id never granted: a signed and unsent consent is
    /// dead at once. Revoking again changes nothing and succeeds.
    function revoke(address grantee, bytes32 terms) external;

    /// @notice As `revoke`, by the patient's signed `Revoke(address patient,address grantee,bytes32 terms)`.
    function revokeBySig(address patient, address grantee, bytes32 terms, bytes calldata signature) external;

    /// @notice As `revokeBySig`, by the patient's contract wallet or a delegate with the power to revoke (2).
    function revokeBy(address signer, address patient, address grantee, bytes32 terms, bytes calldata signature)
        external;

    /// @notice 1 to 100 revocations signed by the patients' own keys; bad ones are left out and reported.
    function revokeBatch(SignedRevocation[] calldata items) external;

    // ---------------------------------------------------------------------------------------------- lockdown

    /// @notice The caller, a patient, voids every consent and delegation issued up to and including this second.
    function lockdown() external;

    /// @notice As `lockdown`, by the patient's signed `Lockdown(address patient,uint40 time)`. The mark becomes the
    /// greater of the old one and `time`; it never falls.
    function lockdownBySig(address patient, uint40 time, bytes calldata signature) external;

    /// @notice As `lockdownBySig`, by the patient's contract wallet or a delegate with the power to lock (4).
    function lockdownBy(address signer, address patient, uint40 time, bytes calldata signature) external;

    /// @notice The mark becomes the greatest number, for ever. Only the participant registry, on a succession.
    function retireAddress(address patient) external;

    // ----------------------------------------------------------------------------------------------- reading

    /// @notice Whether this consent lets `accessor` act now, through `slot`, for `purpose`.
    /// @param accessor The grantee itself, its active staff, or one for whom a grantee with the service role stands.
    /// @param slot 0 to 63, derived from the document's category and the statement's nonce.
    /// @param purpose 0 to 61, the index of the HL7 v3 PurposeOfUse code.
    /// @param action One bit or several (1 read, 2 write, 4 export, 8 de-identified, 16 aggregate): all are needed.
    /// @dev The patient's own status is never asked. Grantee and accessor are checked at this very block.
    function permits(
        address patient,
        address grantee,
        bytes32 terms,
        address accessor,
        uint8 slot,
        uint8 purpose,
        uint8 action
    ) external view returns (bool);

    /// @notice Why `permits` says no, the first hit: 1 never granted, 2 revoked, 3 locked, 4 too early, 5 ended,
    /// 6 slot, 7 purpose, 8 action, 9 grantee not active, 10 not an accessor, 11 accessor not active; 0 permitted.
    function whyNot(
        address patient,
        address grantee,
        bytes32 terms,
        address accessor,
        uint8 slot,
        uint8 purpose,
        uint8 action
    ) external view returns (uint8 reason);

    /// @notice As `permits`, whatever slot and purpose. Validators ask it for *write*: they do not know a category.
    function holds(address patient, address grantee, bytes32 terms, address accessor, uint8 action)
        external
        view
        returns (bool);

    /// @notice What the consent's slot holds; zero if it was never granted nor revoked.
    function consentOf(address patient, address grantee, bytes32 terms) external view returns (uint256 word);

    /// @notice The patient's lockdown mark; `type(uint40).max` after a succession.
    function lockedAt(address patient) external view returns (uint40 mark);

    /// @notice Until when `delegate` holds every power in `powers` for `patient`; zero if it does not now.
    /// @dev This is the one place that knows a delegation *and* the lockdown that may have voided it.
    function actsUntil(address patient, address delegate, uint8 powers) external view returns (uint40 notAfter);

    /// @notice The `terms` of a consent: its EIP-712 struct hash.
    function termsOf(address patient, address grantee, uint256 word, bytes32 request, bytes32 statementHash)
        external
        pure
        returns (bytes32 terms);
}
