// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessRequests} from "../interfaces/IAccessRequests.sol";
import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";

import {ConsentWord} from "./ConsentWord.sol";
import {Predecessor} from "./Predecessor.sol";

/// @title Requests for access
/// @notice The manual is `IAccessRequests`.
contract AccessRequests is IAccessRequests, Predecessor {
    using ConsentWord for uint256;

    /// @dev A slot behind a storage pointer: its place is hashed once, not at each access.
    struct Slot {
        uint256 deadline;
    }

    uint256 private constant LONGEST = 90 days;

    /// @notice Who is accredited and active.
    IParticipantRegistry public immutable participants;
    /// @notice Where consents are granted.
    IConsentRegistry public immutable consents;

    /// @dev keccak256(abi.encode(requester, digest)) => deadline. Empty again once withdrawn or approved.
    mapping(bytes32 request => Slot deadline) private _deadlines;

    constructor(IParticipantRegistry participants_, IConsentRegistry consents_, address predecessor_)
        Predecessor(predecessor_)
    {
        participants = participants_;
        consents = consents_;
    }

    /// @inheritdoc IAccessRequests
    function open(bytes32 digest, uint40 deadline) external {
        // [Q-002]
        if (deadline <= block.timestamp || deadline > block.timestamp + LONGEST) {
            revert AccessRequests_BadDeadline(deadline, block.timestamp);
        }
        Slot storage slot = _deadlines[_id(msg.sender, digest)];
        uint256 stored = slot.deadline;
        if (stored == deadline) return;
        if (stored > block.timestamp) revert AccessRequests_AlreadyOpen(digest, uint40(stored));
        slot.deadline = deadline;
        emit Opened(msg.sender, digest, deadline);
    }

    /// @inheritdoc IAccessRequests
    function withdraw(bytes32 digest) external {
        Slot storage slot = _deadlines[_id(msg.sender, digest)];
        // [Q-003]
        if (slot.deadline == 0) revert AccessRequests_NotOpen(msg.sender, digest);
        slot.deadline = 0;
        emit Withdrawn(msg.sender, digest);
    }

    /// @inheritdoc IAccessRequests
    function approve(Opening calldata opening, uint256 word, bytes32 statementHash, bytes calldata signature)
        external
        returns (bytes32 consentId)
    {
        (bytes32 digest, bytes32 request) = _digest(opening);
        Slot storage slot = _deadlines[request];
        if (slot.deadline == 0) return _alreadyApproved(opening, digest, request, word, statementHash);
        _close(slot, opening, word);
        // [Q-005]
        consentId = consents.grantBySig(opening.patient, opening.grantee, word, request, statementHash, signature);
        emit Approved(opening.requester, digest, consentId);
    }

    /// @inheritdoc IAccessRequests
    function approveBy(
        address signer,
        Opening calldata opening,
        uint256 word,
        bytes32 statementHash,
        bytes calldata signature
    ) external returns (bytes32 consentId) {
        (bytes32 digest, bytes32 request) = _digest(opening);
        Slot storage slot = _deadlines[request];
        if (slot.deadline == 0) return _alreadyApproved(opening, digest, request, word, statementHash);
        _close(slot, opening, word);
        consentId = consents.grantBy(signer, opening.patient, opening.grantee, word, request, statementHash, signature);
        emit Approved(opening.requester, digest, consentId);
    }

    /// @inheritdoc IAccessRequests
    function deadlineOf(address requester, bytes32 digest) external view returns (uint40 deadline) {
        return uint40(_deadlines[_id(requester, digest)].deadline);
    }

    /// @dev The request closes before the consent registry is called; a refused consent undoes both.
    function _close(Slot storage slot, Opening calldata opening, uint256 word) private {
        uint256 deadline = slot.deadline;
        // [Q-002, Q-006]
        if (block.timestamp >= deadline) revert AccessRequests_Lapsed(uint40(deadline), block.timestamp);
        uint64 purposes = word.purposes();
        // [Q-004]
        if (purposes & ~opening.purposes != 0) revert AccessRequests_WiderPurposes(opening.purposes, purposes);
        uint8 actions = word.actions();
        // [Q-004]
        if (actions & ~opening.actions != 0) revert AccessRequests_WiderActions(opening.actions, actions);
        // [Q-004]
        if (word.notBefore() < opening.notBefore || word.notAfter() > opening.notAfter) {
            revert AccessRequests_WiderPeriod(word.notBefore(), word.notAfter());
        }
        (address principal,,) = participants.standingOf(opening.requester);
        // [Q-001]
        if (principal == address(0)) revert AccessRequests_RequesterNotActive(opening.requester);
        slot.deadline = 0;
    }

    /// @dev Whoever was overtaken by another sender of the same approval succeeds too; everyone else is refused.
    function _alreadyApproved(
        Opening calldata opening,
        bytes32 digest,
        bytes32 request,
        uint256 word,
        bytes32 statementHash
    ) private view returns (bytes32 consentId) {
        bytes32 terms = consents.termsOf(opening.patient, opening.grantee, word, request, statementHash);
        uint256 stored = consents.consentOf(opening.patient, opening.grantee, terms);
        // [Q-006]
        if (stored.status() != ConsentWord.GRANTED) revert AccessRequests_NotOpen(opening.requester, digest);
        return keccak256(abi.encode(opening.patient, opening.grantee, terms));
    }

    function _digest(Opening calldata opening) private pure returns (bytes32 digest, bytes32 request) {
        digest = keccak256(abi.encode(opening));
        request = _id(opening.requester, digest);
    }

    function _id(address requester, bytes32 digest) private pure returns (bytes32) {
        return keccak256(abi.encode(requester, digest));
    }
}
