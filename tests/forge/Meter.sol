// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Vm, vm} from "./Vm.sol";

/// @dev Measures whole transactions: 21,000, calldata and execution, after refunds. Only right under `--isolate`.
abstract contract Meter is Base {
    event log_named_uint(string name, uint256 value);

    bytes32 internal constant INNER = keccak256("inner");
    bytes32 internal constant ROOT = keccak256("root");

    address internal relayer = vm.addr(0x2E1A7E2);

    function _measure(string memory name, address from, address to, bytes memory data) internal {
        emit log_named_uint(name, _spend(from, to, data));
    }

    function _spend(address from, address to, bytes memory data) internal returns (uint256) {
        vm.prank(from);
        (bool success,) = to.call(data);
        require(success, "the measured call failed");
        return _afterRefund(vm.lastCallGas());
    }

    function _measureView(string memory name, address to, bytes memory data) internal {
        emit log_named_uint(name, _spendView(to, data));
    }

    /// @dev Execution alone: nobody pays for a view. Every view measured here answers with something but zero.
    function _spendView(address to, bytes memory data) internal view returns (uint256) {
        (bool success, bytes memory answer) = to.staticcall(data);
        require(success && uint256(bytes32(answer)) != 0, "the measured view failed");
        return vm.lastCallGas().gasTotalUsed;
    }

    /// @dev After refunds, of which at most a fifth of what was used is given.
    function _afterRefund(Vm.Gas memory gas) internal pure returns (uint256 spent) {
        spent = gas.gasTotalUsed;
        uint256 refund = gas.gasRefunded > 0 ? uint64(gas.gasRefunded) : 0;
        return spent - (refund < spent / 5 ? refund : spent / 5);
    }

    function _signedGrant(address patient, uint256 key) internal view returns (bytes memory) {
        uint256 word = _word();
        bytes memory signature = _sign(key, address(consents), _terms(patient, hospital, word, 0));
        return abi.encodeCall(consents.grantBySig, (patient, hospital, word, bytes32(0), STATEMENT, signature));
    }

    function _signedLockdown() internal view returns (bytes memory) {
        uint40 time = uint40(block.timestamp);
        bytes memory signature = _sign(ALICE_KEY, address(consents), _lockdownHash(alice, time));
        return abi.encodeCall(consents.lockdownBySig, (alice, time, signature));
    }

    function _anchorCall(bytes32 root) internal view returns (bytes memory) {
        return abi.encodeCall(records.anchor, (root, 1000, new bytes32[](0)));
    }
}
