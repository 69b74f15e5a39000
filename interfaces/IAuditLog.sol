// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The gateways' chained audit anchors
/// @notice A gateway anchors, for each period, the root of its receipts and the root of a sorted tree over all its
/// patients of (blinded tag, last number, last receipt). Each anchor continues the one before it:
/// `head = keccak256(abi.encode(previous, receipts, heads, count))`. A gap or a rewritten past is visible, and a
/// patient gets a proof of what was logged about them, or that nothing was.
///
/// What is deliberately absent: patients, readers, counts per patient, any way to change or drop an anchor.
interface IAuditLog {
    /// @notice `gateway`, staff of `institution`, continued its chain.
    event Anchored(
        address indexed gateway,
        address indexed institution,
        bytes32 head,
        bytes32 receipts,
        bytes32 heads,
        uint32 count
    );

    /// @notice Thrown when the caller is not an active staff account with the gateway bit. Its institution may be
    /// suspended: what a suspended custodian still logs is evidence, and a refused anchor would be a gap.
    error AuditLog_NotGateway(address caller);

    /// @notice Thrown when the anchor does not continue the gateway's stored head.
    error AuditLog_NotContinued(bytes32 previous, bytes32 head);

    /// @notice The calling gateway anchors a period. Repeating the last call changes nothing and succeeds.
    /// @param previous The head before; zero at the first anchor.
    /// @param receipts Root of the period's receipts.
    /// @param heads Root of the sorted tree over the gateway's patients.
    /// @param count How many receipts the period has; may be 0.
    /// @return head The new head.
    function anchor(bytes32 previous, bytes32 receipts, bytes32 heads, uint32 count) external returns (bytes32 head);

    /// @notice The gateway's last head; zero if it never anchored.
    function headOf(address gateway) external view returns (bytes32 head);
}
