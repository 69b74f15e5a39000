// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Requests for access, and the consents that answer them
/// @notice A request is a salted digest: it names nobody in public. The document behind it travels off the chain,
/// sealed to the patient. It is kept under `keccak256(abi.encode(requester, digest))`, which a consent carries as
/// its `request`. A refusal never reaches the chain.
///
/// What is deliberately absent: the patient's address until they approve, a list of requests, a way to ask twice
/// with one opening, any way for the requester to hurry or widen an answer.
interface IAccessRequests {
    /// @notice What the digest covers: `digest = keccak256(abi.encode(opening))`. Shown at approval only.
    /// @param requester Who opened it: an accredited account or its staff.
    /// @param grantee Who is to receive the consent.
    /// @param documentDigest keccak256 of the request document, which holds 32 random bytes.
    /// @param salt 32 random bytes.
    struct Opening {
        address patient;
        address requester;
        address grantee;
        uint64 purposes;
        uint8 actions;
        uint40 notBefore;
        uint40 notAfter;
        bytes32 documentDigest;
        bytes32 salt;
    }

    /// @notice A request may be approved until `deadline`.
    event Opened(address indexed requester, bytes32 digest, uint40 deadline);

    /// @notice The requester took the request back.
    event Withdrawn(address indexed requester, bytes32 digest);

    /// @notice The request was answered by this consent, and closed.
    event Approved(address indexed requester, bytes32 digest, bytes32 consentId);

    /// @notice Thrown when the deadline is not after the block, or more than 90 days after it.
    error AccessRequests_BadDeadline(uint40 deadline, uint256 time);

    /// @notice Thrown when the caller has the same digest open with another deadline.
    error AccessRequests_AlreadyOpen(bytes32 digest, uint40 deadline);

    /// @notice Thrown when there is no such request: never opened, withdrawn, or answered by another consent.
    error AccessRequests_NotOpen(address requester, bytes32 digest);

    /// @notice Thrown when the request lapsed.
    error AccessRequests_Lapsed(uint40 deadline, uint256 time);

    /// @notice Thrown when the requester is not (or no longer) an active accredited account or its active staff.
    error AccessRequests_RequesterNotActive(address requester);

    /// @notice Thrown when the consent has purposes that were not asked for.
    error AccessRequests_WiderPurposes(uint64 asked, uint64 given);

    /// @notice Thrown when the consent has actions that were not asked for.
    error AccessRequests_WiderActions(uint8 asked, uint8 given);

    /// @notice Thrown when the consent begins before or ends after what was asked for.
    error AccessRequests_WiderPeriod(uint40 notBefore, uint40 notAfter);

    /// @notice The caller asks. Opening the same again with the same deadline changes nothing.
    /// @dev Anyone may open: the digest names nobody, and a stranger's request cannot be approved. Whether the
    /// requester is accredited and active is checked where it counts, in `approve`, at that very block.
    function open(bytes32 digest, uint40 deadline) external;

    /// @notice The requester closes its own request and frees its slot, also after the deadline.
    function withdraw(bytes32 digest) external;

    /// @notice Anyone carries the consent that the opening's patient signed with their own key: it is granted in
    /// the consent registry and the request is closed, in one transaction. A consent already granted just closes
    /// the request; approving again what this consent already closed changes nothing.
    /// @param opening The opened request; its digest must be open for its requester.
    /// @param word The consent's word. Its purposes, actions and period must lie within the opening's.
    /// @param statementHash keccak256 of the consent's statement.
    /// @param signature Over the `Consent` whose `request` is this request's id, under the consent registry's domain.
    function approve(Opening calldata opening, uint256 word, bytes32 statementHash, bytes calldata signature)
        external
        returns (bytes32 consentId);

    /// @notice As `approve`, signed by the patient's contract wallet (`signer == patient`) or by a delegate.
    function approveBy(
        address signer,
        Opening calldata opening,
        uint256 word,
        bytes32 statementHash,
        bytes calldata signature
    ) external returns (bytes32 consentId);

    /// @notice The deadline of an open (or lapsed) request; zero if there is none.
    function deadlineOf(address requester, bytes32 digest) external view returns (uint40 deadline);
}
