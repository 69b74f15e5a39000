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

    uint256 private constant LONGEST = 90 days;

    /// @notice Who is accredited and active.
    IParticipantRegistry public immutable participants;
    /// @notice Where consents are granted.
    IConsentRegistry public immutable consents;

    /// @dev keccak256(abi.encode(requester, digest)) => deadline. Empty again once withdrawn or approved.
    mapping(bytes32 request => uint256 deadline) private _deadlines;

    constructor(IParticipantRegistry participants_, IConsentRegistry consents_, address predecessor_)
        Predecessor(predecessor_)
    {
        participants = participants_;
        consents = consents_;
    }

    /// @inheritdoc IAccessRequests
    function open(bytes32 digest, uint40 deadline) external {
        if (deadline <= block.timestamp || deadline > block.timestamp + LONGEST) {
            revert AccessRequests_BadDeadline(deadline, block.timestamp);
        }
        bytes32 request = _id(msg.sender, digest);
        uint256 stored = _deadlines[request];
        if (stored == deadline) return;
        if (stored > block.timestamp) revert AccessRequests_AlreadyOpen(digest, uint40(stored));
        _deadlines[request] = deadline;
        emit Opened(msg.sender, digest, deadline);
    }

    /// @inheritdoc IAccessRequests
    function withdraw(bytes32 digest) external {
        bytes32 request = _id(msg.sender, digest);
        if (_deadlines[request] == 0) revert AccessRequests_NotOpen(msg.sender, digest);
        delete _deadlines[request];
        emit Withdrawn(msg.sender, digest);
    }

    /// @inheritdoc IAccessRequests
    function approve(Opening calldata opening, uint256 word, bytes32 statementHash, bytes calldata signature)
        external
        returns (bytes32 consentId)
    {
        (bytes32 digest, bytes32 request) = _digest(opening);
        if (_deadlines[request] == 0) return _alreadyApproved(opening, digest, request, word, statementHash);
        _close(opening, request, word);
        consentId = consents.grantBySig(opening.patient, opening.grantee, word, request, statementHash, signature);
        emit Approved(opening.requester, digest, consentId);
    }

    /// @inheritdoc IAccessRequests
    function approveSignedBy(
        address signer,
        Opening calldata opening,
        uint256 word,
        bytes32 statementHash,
        bytes calldata signature
    ) external returns (bytes32 consentId) {
        (bytes32 digest, bytes32 request) = _digest(opening);
        if (_deadlines[request] == 0) return _alreadyApproved(opening, digest, request, word, statementHash);
        _close(opening, request, word);
        consentId = consents.grantSignedBy(
            signer, opening.patient, opening.grantee, word, request, statementHash, signature
        );
        emit Approved(opening.requester, digest, consentId);
    }

    /// @inheritdoc IAccessRequests
    function deadlineOf(address requester, bytes32 digest) external view returns (uint40 deadline) {
        return uint40(_deadlines[_id(requester, digest)]);
    }

    /// @dev The request closes before the consent registry is called; a refused consent undoes both.
    function _close(Opening calldata opening, bytes32 request, uint256 word) private {
        uint256 deadline = _deadlines[request];
        if (block.timestamp >= deadline) revert AccessRequests_Lapsed(uint40(deadline), block.timestamp);
        uint64 purposes = word.purposes();
        if (purposes & ~opening.purposes != 0) revert AccessRequests_WiderPurposes(opening.purposes, purposes);
        uint8 actions = word.actions();
        if (actions & ~opening.actions != 0) revert AccessRequests_WiderActions(opening.actions, actions);
        if (word.notBefore() < opening.notBefore || word.notAfter() > opening.notAfter) {
            revert AccessRequests_WiderPeriod(word.notBefore(), word.notAfter());
        }
        (address principal,,) = participants.standingOf(opening.requester);
        if (principal == address(0)) revert AccessRequests_RequesterNotActive(opening.requester);
        delete _deadlines[request];
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
