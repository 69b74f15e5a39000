// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStandsFor} from "../../interfaces/IStandsFor.sol";

/// @dev For tests only: a service that stands for the accessors it was told.
contract TestService is IStandsFor {
    mapping(address patient => mapping(address accessor => bool)) private _standing;

    function set(address patient, address accessor, bool standing) external {
        _standing[patient][accessor] = standing;
    }

    function standsFor(address patient, address accessor) external view returns (bool) {
        return _standing[patient][accessor];
    }
}
