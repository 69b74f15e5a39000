// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title Who may govern, and after which delay
/// @notice OpenZeppelin's `AccessManager`, unchanged; it stands here under a name of ours so that a build has it.
/// It can accredit, suspend, reinstate and set the quorum. It cannot touch a patient, a consent or a record.
contract Authority is AccessManager {
    constructor(address admin) AccessManager(admin) {}
}
