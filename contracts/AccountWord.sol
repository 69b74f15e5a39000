// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title An account in one storage slot
/// @dev From the top bit: zero 16 | roles 16 | status 8 | jurisdiction 16 | institution 160 | seq 40.
library AccountWord {
    uint16 internal constant PATIENT = 1;
    uint16 internal constant INSTITUTION = 2;
    uint16 internal constant VALIDATOR = 8;
    uint16 internal constant SERVICE = 128;
    uint16 internal constant GATEWAY = 1024;
    /// @dev What a regulator can give: everything from institution (2) to processor (512).
    uint16 internal constant ACCREDITED = 1022;
    /// @dev Whoever has one of these may have staff: institution, researcher, insurer, sponsor, service, processor.
    uint16 internal constant EMPLOYER = 2 | 16 | 32 | 64 | 128 | 512;

    uint8 internal constant NONE = 0;
    uint8 internal constant ACTIVE = 1;
    uint8 internal constant SUSPENDED = 2;
    uint8 internal constant REMOVED = 3;

    function pack(uint16 roles_, uint8 status_, uint16 jurisdiction_, address institution_, uint40 seq_)
        internal
        pure
        returns (uint256)
    {
        return uint256(roles_) << 224 | uint256(status_) << 216 | uint256(jurisdiction_) << 200
            | uint256(uint160(institution_)) << 40 | seq_;
    }

    function roles(uint256 word) internal pure returns (uint16) {
        return uint16(word >> 224);
    }

    function status(uint256 word) internal pure returns (uint8) {
        return uint8(word >> 216);
    }

    function jurisdiction(uint256 word) internal pure returns (uint16) {
        return uint16(word >> 200);
    }

    function institution(uint256 word) internal pure returns (address) {
        return address(uint160(word >> 40));
    }

    function seq(uint256 word) internal pure returns (uint40) {
        return uint40(word);
    }

    function isActive(uint256 word) internal pure returns (bool) {
        return status(word) == ACTIVE;
    }

    /// @dev Whether the account has every one of the roles and is active.
    function isActiveAs(uint256 word, uint16 roles_) internal pure returns (bool) {
        return roles(word) & roles_ == roles_ && isActive(word);
    }

    /// @dev Whether the account is a participant in its own right (accredited, or a patient) and active. A staff
    /// account is not: it acts for its institution.
    function isPrincipal(uint256 word) internal pure returns (bool) {
        return roles(word) & (ACCREDITED | PATIENT) != 0 && isActive(word);
    }

    /// @dev Whether the account is accredited and active.
    function isAccredited(uint256 word) internal pure returns (bool) {
        return roles(word) & ACCREDITED != 0 && isActive(word);
    }

    function withStatus(uint256 word, uint8 status_) internal pure returns (uint256) {
        return word & ~(uint256(0xff) << 216) | uint256(status_) << 216;
    }

    function withSeq(uint256 word, uint40 seq_) internal pure returns (uint256) {
        return word >> 40 << 40 | seq_;
    }
}
