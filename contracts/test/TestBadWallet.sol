// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @dev For tests only: a contract wallet that answers badly, in one of several ways.
contract TestBadWallet {
    enum Mode {
        WrongMagic,
        Reverts,
        BurnsGas,
        ReturnsMuch,
        ReturnsNothing,
        ReturnsShort,
        DirtyMagic,
        Reenters,
        LongMagic
    }

    Mode public immutable mode;
    address public immutable target;
    bytes public payload;

    constructor(Mode mode_, address target_, bytes memory payload_) {
        mode = mode_;
        target = target_;
        payload = payload_;
    }

    /// @dev Any call is taken as the question, so that one contract can answer in any shape.
    fallback(bytes calldata) external returns (bytes memory) {
        bytes4 magic = IERC1271.isValidSignature.selector;
        if (mode == Mode.WrongMagic) return abi.encode(bytes4(0xffffffff));
        if (mode == Mode.Reverts) revert("no");
        if (mode == Mode.BurnsGas) {
            for (uint256 i = 0; i < type(uint256).max; ++i) {}
        }
        if (mode == Mode.ReturnsMuch) return new bytes(65536);
        if (mode == Mode.ReturnsNothing) return "";
        if (mode == Mode.ReturnsShort) return abi.encodePacked(magic);
        if (mode == Mode.DirtyMagic) return abi.encodePacked(magic, bytes28(uint224(1)));
        if (mode == Mode.LongMagic) return abi.encode(magic, uint256(0));
        // Re-enters: inside a static call every write fails; the wallet then still says yes or no by the outcome.
        (bool success,) = target.call(payload);
        return abi.encode(success ? magic : bytes4(0xffffffff));
    }
}
