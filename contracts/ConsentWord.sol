// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";

/// @title A consent in one storage slot
/// @dev From the top bit: scope 64 | purposes 64 | notBefore 40 | notAfter 40 | issuedAt 32 | actions 8 | status 8.
/// The ABI checks no widths inside a packed word, so `inspect` does.
library ConsentWord {
    uint8 internal constant GRANTED = 1;
    uint8 internal constant REVOKED = 2;

    /// @dev A signed and unsent consent dies by itself.
    uint256 internal constant FRESH_FOR = 7 days;
    /// @dev Five years: no consent is for ever.
    uint256 internal constant LONGEST = 1827 days;

    function scope(uint256 word) internal pure returns (uint64) {
        return uint64(word >> 192);
    }

    function purposes(uint256 word) internal pure returns (uint64) {
        return uint64(word >> 128);
    }

    function notBefore(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 88);
    }

    function notAfter(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 48);
    }

    function issuedAt(uint256 word) internal pure returns (uint32) {
        return uint32(word >> 16);
    }

    function actions(uint256 word) internal pure returns (uint8) {
        return uint8(word >> 8);
    }

    function status(uint256 word) internal pure returns (uint8) {
        return uint8(word);
    }

    /// @dev The bits that a word must have to allow `action`. No word has all of the byte's bits (`inspect`), so no
    /// action at all asks for what none has.
    function need(uint8 action) internal pure returns (uint256) {
        return action == 0 ? uint256(type(uint8).max) << 8 : uint256(action) << 8;
    }

    /// @dev The bits that a word must have to allow `action` through `slot` for `purpose`. No word has all slots, nor
    /// the purposes 62 and 63 (`inspect`): a slot or purpose out of range asks for what none has.
    function need(uint8 slot, uint8 purpose, uint8 action) internal pure returns (uint256) {
        uint256 slots = slot < 64 ? uint256(1) << slot : type(uint64).max;
        uint256 purposes_ = purpose < 62 ? uint256(1) << purpose : uint256(3) << 62;
        return slots << 192 | purposes_ << 128 | need(action);
    }

    /// @dev What is wrong with a consent to `grantee` at this block: the selector of the error, or zero.
    function inspect(uint256 word, address grantee) internal view returns (bytes4 fault) {
        // [C-025]
        if (grantee == address(0)) return IConsentRegistry.ConsentRegistry_ZeroGrantee.selector;
        if (status(word) != 0) return IConsentRegistry.ConsentRegistry_StatusSet.selector;
        // [C-006]
        if (actions(word) == 0 || actions(word) > 31) return IConsentRegistry.ConsentRegistry_BadActions.selector;
        // [C-007]
        if (purposes(word) == 0 || purposes(word) >> 62 != 0) {
            return IConsentRegistry.ConsentRegistry_BadPurposes.selector;
        }
        // [C-008]
        if (!_hasHalf(scope(word))) return IConsentRegistry.ConsentRegistry_BadScope.selector;
        // [C-009]
        if (notBefore(word) == 0 || notBefore(word) >= notAfter(word)) {
            return IConsentRegistry.ConsentRegistry_BadPeriod.selector;
        }
        uint256 issued = issuedAt(word);
        unchecked {
            // At most 2^32 + 1827 days: cannot overflow 256 bits.
            // [C-009]
            if (notAfter(word) > issued + LONGEST) return IConsentRegistry.ConsentRegistry_TooLong.selector;
            // [C-010]
            if (issued > block.timestamp) return IConsentRegistry.ConsentRegistry_IssuedInFuture.selector;
            // [C-010]
            if (block.timestamp >= issued + FRESH_FOR) return IConsentRegistry.ConsentRegistry_Stale.selector;
        }
    }

    /// @dev Raises what `inspect` found, with its arguments.
    function refuse(bytes4 fault, uint256 word) internal view {
        if (fault == IConsentRegistry.ConsentRegistry_ZeroGrantee.selector) {
            revert IConsentRegistry.ConsentRegistry_ZeroGrantee();
        }
        if (fault == IConsentRegistry.ConsentRegistry_StatusSet.selector) {
            revert IConsentRegistry.ConsentRegistry_StatusSet(status(word));
        }
        if (fault == IConsentRegistry.ConsentRegistry_BadActions.selector) {
            revert IConsentRegistry.ConsentRegistry_BadActions(actions(word));
        }
        if (fault == IConsentRegistry.ConsentRegistry_BadPurposes.selector) {
            revert IConsentRegistry.ConsentRegistry_BadPurposes(purposes(word));
        }
        if (fault == IConsentRegistry.ConsentRegistry_BadScope.selector) {
            revert IConsentRegistry.ConsentRegistry_BadScope(scope(word));
        }
        if (fault == IConsentRegistry.ConsentRegistry_BadPeriod.selector) {
            revert IConsentRegistry.ConsentRegistry_BadPeriod(notBefore(word), notAfter(word));
        }
        if (fault == IConsentRegistry.ConsentRegistry_TooLong.selector) {
            revert IConsentRegistry.ConsentRegistry_TooLong(issuedAt(word), notAfter(word));
        }
        if (fault == IConsentRegistry.ConsentRegistry_IssuedInFuture.selector) {
            revert IConsentRegistry.ConsentRegistry_IssuedInFuture(issuedAt(word), block.timestamp);
        }
        revert IConsentRegistry.ConsentRegistry_Stale(issuedAt(word), block.timestamp);
    }

    /// @dev Whether exactly 32 of the 64 bits are set (sums in fields of 2, 4, 8 bits, then all eight bytes at once).
    function _hasHalf(uint64 bits) private pure returns (bool) {
        unchecked {
            uint256 x = bits;
            x -= (x >> 1) & 0x5555555555555555;
            x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
            x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
            return uint8((x * 0x0101010101010101) >> 56) == 32;
        }
    }
}
