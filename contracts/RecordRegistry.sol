// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IRecordRegistry} from "../interfaces/IRecordRegistry.sol";

import {AccountWord} from "./AccountWord.sol";
import {Predecessor} from "./Predecessor.sol";
import {Signatures} from "./Signatures.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title Fingerprints of records
/// @notice The manual is `IRecordRegistry`.
contract RecordRegistry is IRecordRegistry, AccessManaged, EIP712, Predecessor {
    /// @dev A slot behind a storage pointer: its place is hashed once, not at each access.
    struct Slot {
        uint256 word;
    }

    bytes32 private constant ERASE_TYPEHASH = keccak256("Erase(address patient,bytes32 inner)");
    bytes32 private constant ERASE_ALL_TYPEHASH = keccak256("EraseAll(address patient)");
    bytes32 private constant CONFIRM_TYPEHASH = keccak256("Confirm(address provider,bytes32 root)");

    uint8 private constant POWER_ERASE = 8;
    uint8 private constant MOST_VALIDATORS = 16;
    uint256 private constant MOST_SIGNERS = 32;
    uint256 private constant MOST_SUPERSEDED = 1000;
    /// @dev A closed leaf holds a reason up to this, or a root above it.
    uint256 private constant GREATEST_REASON = 255;

    /// @notice Who is an institution, a validator, a successor, a recovery address.
    IParticipantRegistry public immutable participants;
    /// @notice Who knows delegations and lockdowns together.
    IConsentRegistry public immutable consents;

    /// @dev provider => root => time 40 | count 32 | confirmations 8 (from the lowest bit: confirmations, count, time).
    mapping(address provider => mapping(bytes32 root => Slot word)) private _anchors;
    /// @dev provider => leaf => reason (1 to 255) or the root that replaces it.
    mapping(address provider => mapping(bytes32 leaf => Slot reasonOrRoot)) private _closed;
    /// @dev leaf => 1 once erased. A whole word each: a bool would be read again before it is written.
    mapping(bytes32 leaf => Slot tombstone) private _erased;
    /// @dev patient => 1 once everything is erased.
    mapping(address patient => Slot tombstone) private _erasedAll;
    /// @dev How many validators a confirmation needs, 1 to 16.
    uint256 private _quorum = 3;

    constructor(
        address authority_,
        IParticipantRegistry participants_,
        IConsentRegistry consents_,
        address predecessor_
    ) AccessManaged(authority_) EIP712("MedShare", "1") Predecessor(predecessor_) {
        participants = participants_;
        consents = consents_;
        emit QuorumSet(3);
    }

    /// @inheritdoc IRecordRegistry
    function anchor(bytes32 root, uint32 count, bytes32[] calldata superseded) external {
        address provider = _provider();
        if (uint256(root) <= GREATEST_REASON) revert RecordRegistry_BadRoot(root);
        if (count == 0) revert RecordRegistry_ZeroCount();
        if (superseded.length > MOST_SUPERSEDED) revert RecordRegistry_TooMany(superseded.length, MOST_SUPERSEDED);
        Slot storage slot = _anchors[provider][root];
        // [D-002]
        if (slot.word != 0) return;
        slot.word = block.timestamp << 40 | uint256(count) << 8;
        emit Anchored(provider, root, count);
        for (uint256 i = 0; i < superseded.length; ++i) {
            _supersede(provider, superseded[i], root);
        }
    }

    /// @inheritdoc IRecordRegistry
    function retract(bytes32 leaf, uint8 reason) external {
        address provider = _provider();
        if (reason == 0) revert RecordRegistry_ZeroReason();
        Slot storage slot = _closed[provider][leaf];
        uint256 closed = slot.word;
        if (closed == reason) return;
        // [D-005]
        if (closed != 0 && closed <= GREATEST_REASON) revert RecordRegistry_AlreadyRetracted(leaf, uint8(closed));
        slot.word = reason;
        emit Retracted(provider, leaf, reason);
    }

    /// @inheritdoc IRecordRegistry
    function confirm(address provider, bytes32 root, address[] calldata signers, bytes calldata signatures) external {
        Slot storage slot = _anchors[provider][root];
        uint256 word = slot.word;
        if (word == 0) revert RecordRegistry_NotAnchored(provider, root);
        if (uint8(word) != 0) return;
        uint256 count = signers.length;
        if (count > MOST_SIGNERS) revert RecordRegistry_TooMany(count, MOST_SIGNERS);
        uint256 needed = _quorum;
        unchecked {
            // At most 32 times 65: cannot overflow.
            // [D-006]
            if (count < needed || signatures.length != count * 65) {
                revert RecordRegistry_TooFewSignatures(count, signatures.length, needed);
            }
        }
        _requireValidators(provider, root, signers, signatures);
        slot.word = word | count;
        emit Confirmed(provider, root, uint8(count));
    }

    /// @inheritdoc IRecordRegistry
    function erase(bytes32 inner) external {
        _requireStays(msg.sender);
        _erase(msg.sender, inner);
    }

    /// @inheritdoc IRecordRegistry
    function eraseInherited(address patient, address[] calldata path, bytes32 inner) external {
        _requireHead(patient, path);
        _erase(patient, inner);
    }

    /// @inheritdoc IRecordRegistry
    function eraseBySig(address patient, address[] calldata path, bytes32 inner, bytes calldata signature) external {
        // [D-007]
        Signatures.requireKey(_headOf(patient, path), _erasure(patient, inner), signature);
        _erase(patient, inner);
    }

    /// @inheritdoc IRecordRegistry
    function eraseBy(address signer, address patient, address[] calldata path, bytes32 inner, bytes calldata signature)
        external
    {
        _requireSigner(signer, _headOf(patient, path), patient, _erasure(patient, inner), signature);
        _erase(patient, inner);
    }

    /// @inheritdoc IRecordRegistry
    function eraseAll(address patient, address[] calldata path, bytes calldata recoverySignature) external {
        _requireHead(patient, path);
        _eraseAll(patient, msg.sender, _erasureOfAll(patient), recoverySignature);
    }

    /// @inheritdoc IRecordRegistry
    function eraseAllBySig(
        address patient,
        address[] calldata path,
        bytes calldata signature,
        bytes calldata recoverySignature
    ) external {
        address head = _headOf(patient, path);
        bytes32 digest = _erasureOfAll(patient);
        Signatures.requireKey(head, digest, signature);
        _eraseAll(patient, head, digest, recoverySignature);
    }

    /// @inheritdoc IRecordRegistry
    function eraseAllBy(
        address signer,
        address patient,
        address[] calldata path,
        bytes calldata signature,
        bytes calldata recoverySignature
    ) external {
        address head = _headOf(patient, path);
        bytes32 digest = _erasureOfAll(patient);
        _requireSigner(signer, head, patient, digest, signature);
        _eraseAll(patient, head, digest, recoverySignature);
    }

    /// @inheritdoc IRecordRegistry
    function setQuorum(uint8 quorum) external restricted {
        // [D-011]
        if (quorum == 0 || quorum > MOST_VALIDATORS) revert RecordRegistry_BadQuorum(quorum);
        _quorum = quorum;
        emit QuorumSet(quorum);
    }

    /// @inheritdoc IRecordRegistry
    function status(address provider, bytes32 root, address patient, bytes32 inner, bytes32[] calldata proof)
        external
        view
        returns (Status state, uint8 confirmations, uint40 time)
    {
        uint256 word = _anchors[provider][root].word;
        bytes32 leaf = _leaf(patient, inner);
        // [D-010]
        if (word == 0 || !MerkleProof.verifyCalldata(proof, root, leaf)) return (Status.Unknown, 0, 0);
        return (_state(provider, patient, leaf, word), uint8(word), uint40(word >> 40));
    }

    /// @inheritdoc IRecordRegistry
    function anchorOf(address provider, bytes32 root)
        external
        view
        returns (uint40 time, uint32 count, uint8 confirmations)
    {
        uint256 word = _anchors[provider][root].word;
        return (uint40(word >> 40), uint32(word >> 8), uint8(word));
    }

    /// @inheritdoc IRecordRegistry
    function closedBy(address provider, bytes32 leaf) external view returns (uint256 reasonOrRoot) {
        return _closed[provider][leaf].word;
    }

    /// @inheritdoc IRecordRegistry
    function validatorsNeeded() external view returns (uint8) {
        return uint8(_quorum);
    }

    /// @inheritdoc IRecordRegistry
    function isErased(bytes32 leaf) external view returns (bool) {
        return _erased[leaf].word != 0;
    }

    /// @inheritdoc IRecordRegistry
    function isWhollyErased(address patient) external view returns (bool) {
        return _erasedAll[patient].word != 0;
    }

    /// @dev A later anchor may take a leaf over as long as the recorded successor is not confirmed, so that a tree
    /// the validators refuse does not block its amendment for ever.
    function _supersede(address provider, bytes32 leaf, bytes32 root) private {
        Slot storage slot = _closed[provider][leaf];
        uint256 closed = slot.word;
        if (closed > GREATEST_REASON) {
            if (_isConfirmed(provider, closed)) revert RecordRegistry_AlreadySuperseded(leaf, bytes32(closed));
        } else if (closed != 0) {
            // [D-005]
            revert RecordRegistry_AlreadyRetracted(leaf, uint8(closed));
        }
        slot.word = uint256(root);
        emit Superseded(provider, leaf, root);
    }

    function _erase(address patient, bytes32 inner) private {
        bytes32 leaf = _leaf(patient, inner);
        Slot storage slot = _erased[leaf];
        if (slot.word != 0) return;
        slot.word = 1;
        emit Erased(leaf);
    }

    function _eraseAll(address patient, address head, bytes32 digest, bytes calldata recoverySignature) private {
        address recovery = participants.recoveryOf(head);
        // [D-009]
        if (recovery != address(0)) Signatures.requireEither(recovery, digest, recoverySignature);
        else if (recoverySignature.length != 0) revert RecordRegistry_NoRecovery(head);
        Slot storage slot = _erasedAll[patient];
        if (slot.word != 0) return;
        slot.word = 1;
        emit ErasedAll(patient);
    }

    function _provider() private view returns (address provider) {
        uint16 roles;
        (provider, roles,) = participants.standingOf(msg.sender);
        // [D-001, D-003]
        if (roles & AccountWord.INSTITUTION == 0) revert RecordRegistry_NotInstitution(msg.sender);
    }

    function _requireValidators(address provider, bytes32 root, address[] calldata signers, bytes calldata signatures)
        private
        view
    {
        address unfit = participants.unfit(signers, AccountWord.VALIDATOR);
        // [D-006]
        if (unfit != address(0)) revert RecordRegistry_NotValidator(unfit);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(CONFIRM_TYPEHASH, provider, root)));
        address previous = address(0);
        uint256 from = 0;
        for (uint256 i = 0; i < signers.length; ++i) {
            address signer = signers[i];
            // [D-006]
            if (signer <= previous) revert RecordRegistry_UnsortedSigners(previous, signer);
            // [D-006]
            if (signer == provider) revert RecordRegistry_NotValidator(signer);
            uint256 to;
            unchecked {
                to = from + 65; // at most 32 times 65
            }
            Signatures.requireEither(signer, digest, signatures[from:to]);
            (previous, from) = (signer, to);
        }
    }

    /// @dev The last successor. Most patients never move: an empty path is the cheaper question.
    function _headOf(address patient, address[] calldata path) private view returns (address) {
        if (path.length != 0) return participants.lastSuccessorOf(patient, path);
        _requireStays(patient);
        return patient;
    }

    function _requireStays(address patient) private view {
        address next = participants.movedTo(patient);
        // [D-008]
        if (next != address(0)) revert RecordRegistry_HasSuccessor(patient, next);
    }

    function _requireHead(address patient, address[] calldata path) private view {
        // [D-008]
        if (_headOf(patient, path) != msg.sender) revert RecordRegistry_NotPatient(patient, msg.sender);
    }

    function _requireSigner(address signer, address head, address patient, bytes32 digest, bytes calldata signature)
        private
        view
    {
        if (signer == head) return Signatures.requireWallet(head, digest, signature);
        // [D-007]
        if (consents.actsUntil(head, signer, POWER_ERASE) == 0) revert RecordRegistry_NotPatient(patient, signer);
        Signatures.requireEither(signer, digest, signature);
    }

    function _state(address provider, address patient, bytes32 leaf, uint256 word) private view returns (Status) {
        if (_erased[leaf].word != 0 || _erasedAll[patient].word != 0) return Status.Erased;
        uint256 closed = _closed[provider][leaf].word;
        if (closed > GREATEST_REASON) {
            // [D-004]
            if (_isConfirmed(provider, closed)) return Status.Superseded;
        } else if (closed != 0) {
            return Status.Retracted;
        }
        return uint8(word) == 0 ? Status.Anchored : Status.Confirmed;
    }

    function _isConfirmed(address provider, uint256 root) private view returns (bool) {
        return uint8(_anchors[provider][bytes32(root)].word) != 0;
    }

    function _erasure(address patient, bytes32 inner) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ERASE_TYPEHASH, patient, inner)));
    }

    function _erasureOfAll(address patient) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ERASE_ALL_TYPEHASH, patient)));
    }

    /// @dev The standard form of OpenZeppelin's merkle-tree package: leaves are hashed twice, inner nodes once.
    function _leaf(address patient, bytes32 inner) private pure returns (bytes32) {
        return keccak256(abi.encode(Hashes.efficientKeccak256(bytes32(uint256(uint160(patient))), inner)));
    }
}
