// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuditLog} from "../interfaces/IAuditLog.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";

import {AccountWord} from "./AccountWord.sol";
import {Predecessor} from "./Predecessor.sol";

/// @title The gateways' chained audit anchors
/// @notice The manual is `IAuditLog`.
contract AuditLog is IAuditLog, Predecessor {
    using AccountWord for uint256;

    /// @notice Who is a gateway.
    IParticipantRegistry public immutable participants;

    /// @dev A slot behind a storage pointer: its place is hashed once, not at each access.
    struct Slot {
        bytes32 head;
    }

    /// @dev gateway => its last head.
    mapping(address gateway => Slot head) private _heads;

    constructor(IParticipantRegistry participants_, address predecessor_) Predecessor(predecessor_) {
        participants = participants_;
    }

    /// @inheritdoc IAuditLog
    function anchor(bytes32 previous, bytes32 receipts, bytes32 heads, uint32 count) external returns (bytes32 head) {
        uint256 word = participants.account(msg.sender);
        // [A-001]
        if (!word.isActiveAs(AccountWord.GATEWAY)) revert AuditLog_NotGateway(msg.sender);
        head = keccak256(abi.encode(previous, receipts, heads, count));
        Slot storage slot = _heads[msg.sender];
        bytes32 stored = slot.head;
        // [A-002]
        if (stored == head) return head;
        // [A-002]
        if (stored != previous) revert AuditLog_NotContinued(previous, stored);
        slot.head = head;
        emit Anchored(msg.sender, word.institution(), head, receipts, heads, count);
    }

    /// @inheritdoc IAuditLog
    function headOf(address gateway) external view returns (bytes32 head) {
        return _heads[gateway].head;
    }
}
