// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What an accredited service contract answers
/// @notice A consent may name a contract with the service role as its grantee (emergency access, a study). Whoever
/// wants to read under it is the accessor; the service says whether it stands for that accessor now.
/// @dev Asked by a static call with at most 100,000 gas. A revert, more gas or any other answer means no.
/// The asking registry also requires the accessor's own account to be active; it does not look at the accessor's
/// institution, so a service that names staff must.
interface IStandsFor {
    /// @notice Whether this service stands for `accessor` where the record of `patient` is concerned.
    function standsFor(address patient, address accessor) external view returns (bool);
}
