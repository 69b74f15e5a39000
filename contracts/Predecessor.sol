// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A deployment names the one before it
/// @notice Contracts are never upgraded: a new version is a new deployment. What lives in the old one stays there.
abstract contract Predecessor {
    /// @notice The same contract of the deployment before this one; zero if this is the first.
    address public immutable predecessor;

    constructor(address predecessor_) {
        predecessor = predecessor_;
    }
}
