// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStandsFor} from "../../interfaces/IStandsFor.sol";

/// @dev For tests only: a service that stands for everybody, at the least cost.
contract TestYesService is IStandsFor {
    function standsFor(address, address) external pure returns (bool) {
        return true;
    }
}
