// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Handler} from "./Handler.sol";
import {vm} from "./Vm.sol";

/// @dev The invariants of README.md, checked after every step that the handler takes. Each number is the README's.
contract InvariantsTest is Base {
    Handler private _handler;

    function setUp() public override {
        super.setUp();
        _handler =
            new Handler(participants, consents, requests, records, audit, validatorKeys, hospital, clinic, regulator);
        vm.warp(START);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev What each step itself must not achieve.
    function invariant_no_step_breaks_a_promise() external view {
        _handler.checkSteps();
    }

    /// @dev I1 to I6: consents.
    function invariant_consents_only_narrow() external view {
        _handler.checkConsents();
    }

    /// @dev I7 to I9: lockdowns, delegations, moves.
    function invariant_marks_never_fall_and_moves_are_final() external view {
        _handler.checkPatients();
    }

    /// @dev I10 to I14: records.
    function invariant_records_keep_their_worst_news() external view {
        _handler.checkRecords();
    }

    /// @dev I15 to I18: accounts, requests, audit.
    function invariant_accounts_requests_and_logs_hold() external view {
        _handler.checkAccounts();
    }
}
