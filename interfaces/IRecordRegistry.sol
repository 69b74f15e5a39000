// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignatures} from "./ISignatures.sol";

/// @title Fingerprints of records
/// @notice A record version is a leaf, `keccak256(keccak256(abi.encode(patient, inner)))`. An institution anchors
/// the Merkle root (the standard form of OpenZeppelin's merkle-tree package) of all leaves it sealed in a period, across its
/// patients. `status` says what a leaf is worth now.
///
/// What is deliberately absent: patients in an anchor, CIDs, categories, names, any way for one institution to touch
/// another's leaf, any way back from a retraction or an erasure.
/// @dev Domain ("MedShare", "1", chainId, this contract) for `Erase(address patient,bytes32 inner)`,
/// `EraseAll(address patient)` and `Confirm(address provider,bytes32 root)`.
/// WARNING: an erasure here is a tombstone. It says that holders must destroy what they hold; it cannot reach a disk.
interface IRecordRegistry is ISignatures {
    /// @notice What a leaf is worth, worst news first where several hold: Erased, Retracted, Superseded.
    enum Status {
        Unknown,
        Anchored,
        Confirmed,
        Superseded,
        Retracted,
        Erased
    }

    /// @notice `provider` anchored `count` leaves under `root`.
    event Anchored(address indexed provider, bytes32 root, uint32 count);

    /// @notice `leaf` of `provider` is replaced by the tree `root`, once that is confirmed.
    event Superseded(address indexed provider, bytes32 leaf, bytes32 root);

    /// @notice `provider` took back its `leaf`, for ever.
    event Retracted(address indexed provider, bytes32 leaf, uint8 reason);

    /// @notice `leaf` has its tombstone, for ever.
    event Erased(bytes32 leaf);

    /// @notice Every leaf of `patient` has its tombstone, for ever.
    event ErasedAll(address indexed patient);

    /// @notice Validators confirmed `provider`'s tree.
    event Confirmed(address indexed provider, bytes32 root, uint8 confirmations);

    /// @notice Governance set how many validators a confirmation needs.
    event QuorumSet(uint8 quorum);

    /// @notice Thrown when the caller is not an active institution or its active staff.
    error RecordRegistry_NotInstitution(address caller);

    /// @notice Thrown when the root is 255 or less: such numbers are retraction reasons.
    error RecordRegistry_BadRoot(bytes32 root);

    /// @notice Thrown when an anchor counts no leaf.
    error RecordRegistry_ZeroCount();

    /// @notice Thrown when a list in calldata is longer than allowed: 1,000 superseded leaves, 32 signers.
    error RecordRegistry_TooMany(uint256 length, uint256 limit);

    /// @notice Thrown when the leaf was retracted, or retracted for another reason.
    error RecordRegistry_AlreadyRetracted(bytes32 leaf, uint8 reason);

    /// @notice Thrown when the leaf's successor is confirmed.
    error RecordRegistry_AlreadySuperseded(bytes32 leaf, bytes32 root);

    /// @notice Thrown when a retraction gives reason 0.
    error RecordRegistry_ZeroReason();

    /// @notice Thrown when the caller or signer is neither the last successor of `patient` nor empowered by it.
    error RecordRegistry_NotPatient(address patient, address signer);

    /// @notice Thrown when `patient` has a successor, which alone may erase, and the path does not say so.
    error RecordRegistry_HasSuccessor(address patient, address next);

    /// @notice Thrown when a recovery signature is given although the address names no recovery.
    error RecordRegistry_NoRecovery(address patient);

    /// @notice Thrown when there is no such anchor.
    error RecordRegistry_NotAnchored(address provider, bytes32 root);

    /// @notice Thrown when there are fewer signers than the quorum, or not 65 bytes of signatures for each.
    error RecordRegistry_TooFewSignatures(uint256 signers, uint256 length, uint256 quorum);

    /// @notice Thrown when the signers do not rise strictly: nobody counts twice.
    error RecordRegistry_UnsortedSigners(address previous, address signer);

    /// @notice Thrown when a signer is not an active validator, or is the provider.
    error RecordRegistry_NotValidator(address signer);

    /// @notice Thrown when a quorum outside 1 to 16 is set.
    error RecordRegistry_BadQuorum(uint8 quorum);

    // -------------------------------------------------------------------------------------------- institution

    /// @notice An institution, or its staff, anchors a tree. The same root again changes nothing and succeeds.
    /// @param count How many leaves the tree has; a claim that validators check.
    /// @param superseded Own leaves (at most 1,000) that the new tree replaces. A leaf counts as superseded only
    /// once the new root is confirmed; until then a later anchor may name it again.
    /// @dev Example: `anchor(tree.root, 1000, [])`. Only the caller's own institution's leaves can be touched.
    function anchor(bytes32 root, uint32 count, bytes32[] calldata superseded) external;

    /// @notice The provider takes back one of its leaves, for ever: wrong patient, wrong content. Also a superseded
    /// one. `reason` is a code from 1 to 255; the same again changes nothing.
    function retract(bytes32 leaf, uint8 reason) external;

    /// @notice Validators other than the provider confirm a tree, each by its own account's signature of
    /// `Confirm(address provider,bytes32 root)`, key or contract wallet. Later calls change nothing.
    /// @param signers In strictly rising order, at least the quorum and at most 32.
    /// @param signatures 65 bytes for each signer, in the same order, end to end; a contract wallet is handed its 65.
    function confirm(address provider, bytes32 root, address[] calldata signers, bytes calldata signatures) external;

    // ------------------------------------------------------------------------------------------------ patient

    /// @notice The caller, a patient without successor, erases one of their leaves: a tombstone that never comes
    /// back. Names no provider and no tree. Erasing again changes nothing.
    function erase(bytes32 inner) external;

    /// @notice The caller erases a leaf of `patient`, an earlier address of theirs.
    /// @param path The successors from `patient` (left out) to the caller, at most 8; empty if the caller is it.
    function eraseInherited(address patient, address[] calldata path, bytes32 inner) external;

    /// @notice As `eraseInherited`, by the `Erase` message that the last successor signed with their own key.
    function eraseBySig(address patient, address[] calldata path, bytes32 inner, bytes calldata signature) external;

    /// @notice As `eraseBySig`, by the last successor's contract wallet, or a delegate of theirs with power 8.
    function eraseBy(address signer, address patient, address[] calldata path, bytes32 inner, bytes calldata signature)
        external;

    /// @notice The caller, last successor of `patient`, erases every leaf of that address, present and future.
    /// @param recoverySignature `EraseAll` signed by the last successor's recovery address; empty if it named none.
    function eraseAll(address patient, address[] calldata path, bytes calldata recoverySignature) external;

    /// @notice As `eraseAll`, by the `EraseAll` message that the last successor signed with their own key.
    function eraseAllBySig(
        address patient,
        address[] calldata path,
        bytes calldata signature,
        bytes calldata recoverySignature
    ) external;

    /// @notice As `eraseAllBySig`, by contract wallet or by a delegate with power 8.
    function eraseAllBy(
        address signer,
        address patient,
        address[] calldata path,
        bytes calldata signature,
        bytes calldata recoverySignature
    ) external;

    // --------------------------------------------------------------------------------------------- governance

    /// @notice Sets how many validators a confirmation needs, 1 to 16. Restricted by the access manager.
    function setQuorum(uint8 quorum) external;

    // ------------------------------------------------------------------------------------------------ reading

    /// @notice What the leaf of (patient, inner) in the tree (provider, root) is worth now.
    /// @param proof Its Merkle proof. A leaf that the tree does not hold is Unknown.
    /// @return state The first that holds: Unknown, Erased, Retracted, Superseded, Confirmed, Anchored.
    /// @return confirmations How many validators confirmed the tree.
    /// @return time When the tree was anchored, seconds; 0 if Unknown.
    function status(address provider, bytes32 root, address patient, bytes32 inner, bytes32[] calldata proof)
        external
        view
        returns (Status state, uint8 confirmations, uint40 time);

    /// @notice The anchor itself; all zero if there is none.
    function anchorOf(address provider, bytes32 root)
        external
        view
        returns (uint40 time, uint32 count, uint8 confirmations);

    /// @notice What closed `provider`'s leaf: 0 nothing, below 256 the retraction's reason, else the tree that
    /// replaces it (which counts once confirmed).
    function closedBy(address provider, bytes32 leaf) external view returns (uint256 reasonOrRoot);

    /// @notice Whether the leaf has its own tombstone.
    function isErased(bytes32 leaf) external view returns (bool);

    /// @notice Whether every leaf of the address has its tombstone.
    function isWhollyErased(address patient) external view returns (bool);

    /// @notice How many validators a confirmation needs.
    function validatorsNeeded() external view returns (uint8);
}
