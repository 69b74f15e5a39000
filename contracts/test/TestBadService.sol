// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev For tests only: a service that answers badly, in one of several ways.
contract TestBadService {
    enum Mode {
        Reverts,
        BurnsGas,
        ReturnsMuch,
        ReturnsNothing,
        ReturnsTwo,
        ReturnsLong
    }

    Mode public immutable mode;

    constructor(Mode mode_) {
        mode = mode_;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        if (mode == Mode.Reverts) revert("no");
        if (mode == Mode.BurnsGas) {
            for (uint256 i = 0; i < type(uint256).max; ++i) {}
        }
        if (mode == Mode.ReturnsMuch) return new bytes(65536);
        if (mode == Mode.ReturnsTwo) return abi.encode(uint256(2));
        if (mode == Mode.ReturnsLong) return abi.encode(true, true);
        return "";
    }
}
