// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignatures} from "../interfaces/ISignatures.sol";

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title The one place that checks signatures
/// @dev Keys and contract wallets are apart, so that an ordinary key does not pay for the question whether it has code.
library Signatures {
    /// @dev Half the order of secp256k1, rounded down. A valid s is at most this.
    uint256 internal constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @dev What a contract wallet or a service may spend on one answer.
    uint256 internal constant CALL_GAS = 100_000;

    /// @dev Refuses what is not `signer`'s own key signature over `digest`.
    function requireKey(address signer, bytes32 digest, bytes calldata signature) internal pure {
        (bytes4 fault, address recovered) = inspect(signer, digest, signature);
        if (fault != 0) _refuse(fault, signer, recovered, signature);
    }

    /// @dev Refuses what the contract `wallet` does not accept by ERC-1271. An account without code never accepts.
    function requireWallet(address wallet, bytes32 digest, bytes calldata signature) internal view {
        (bool success, bytes memory answer) =
            wallet.staticcall{gas: CALL_GAS}(abi.encodeCall(IERC1271.isValidSignature, (digest, signature)));
        // [C-005]
        if (!success || answer.length != 32 || bytes32(answer) != bytes32(IERC1271.isValidSignature.selector)) {
            revert ISignatures.Signatures_WalletRefused(wallet);
        }
    }

    /// @dev Refuses what is neither `signer`'s key signature nor, where `signer` has code, accepted by it.
    /// The key comes first: an account with EIP-7702 code keeps signing as before.
    function requireEither(address signer, bytes32 digest, bytes calldata signature) internal view {
        (bytes4 fault, address recovered) = inspect(signer, digest, signature);
        if (fault == 0) return;
        if (signer.code.length == 0) _refuse(fault, signer, recovered, signature);
        requireWallet(signer, digest, signature);
    }

    /// @dev What is wrong with a key's signature: the selector of the error, or zero.
    function inspect(address signer, bytes32 digest, bytes calldata signature)
        internal
        pure
        returns (bytes4 fault, address recovered)
    {
        // [T-001]
        if (signature.length != 65) return (ISignatures.Signatures_BadLength.selector, address(0));
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        // [T-002]
        if (uint256(s) > HALF_ORDER) return (ISignatures.Signatures_HighS.selector, address(0));
        uint8 v = uint8(signature[64]);
        // [T-003]
        if (v != 27 && v != 28) return (ISignatures.Signatures_BadV.selector, address(0));
        recovered = ecrecover(digest, v, r, s);
        // [T-004, T-007]
        if (recovered != signer || recovered == address(0)) fault = ISignatures.Signatures_WrongSigner.selector;
    }

    function _refuse(bytes4 fault, address signer, address recovered, bytes calldata signature) private pure {
        if (fault == ISignatures.Signatures_BadLength.selector) {
            revert ISignatures.Signatures_BadLength(signature.length);
        }
        if (fault == ISignatures.Signatures_HighS.selector) {
            revert ISignatures.Signatures_HighS(bytes32(signature[32:64]));
        }
        if (fault == ISignatures.Signatures_BadV.selector) revert ISignatures.Signatures_BadV(uint8(signature[64]));
        revert ISignatures.Signatures_WrongSigner(signer, recovered);
    }
}
