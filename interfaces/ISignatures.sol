// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What can be wrong with a signature
/// @notice One form is accepted: 65 bytes r, s, v; s in the lower half of the curve order; v 27 or 28.
/// A contract wallet (ERC-1271) is asked only through the entries that name it, with at most 100,000 gas.
/// @dev Every contract that takes signatures inherits these errors, so that they stand in its ABI.
interface ISignatures {
    /// @notice Thrown when a key's signature is not exactly 65 bytes long (also the 64-byte form of EIP-2098).
    error Signatures_BadLength(uint256 length);

    /// @notice Thrown when s is above half the curve order: the mirror of another valid signature.
    error Signatures_HighS(bytes32 s);

    /// @notice Thrown when v is neither 27 nor 28.
    error Signatures_BadV(uint8 v);

    /// @notice Thrown when the signature is of another account, or of another message, chain or contract.
    /// @param recovered What the key recovery gave; zero when nothing could be recovered.
    error Signatures_WrongSigner(address signer, address recovered);

    /// @notice Thrown when the contract wallet did not answer with exactly the 32 bytes of the ERC-1271 value.
    error Signatures_WalletRefused(address wallet);
}
