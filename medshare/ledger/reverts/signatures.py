"""What a contract refuses about a signature, where the package has no class of its own for it."""

from __future__ import annotations

from medshare.errors import IntegrityError
from medshare.ledger.errors import Reverted


class WrongSigner(Reverted, IntegrityError):
    """Raised when the signature is of another account, or of another message, chain or contract."""

    code = "signatures.wrong-signer"
    cause = "The signature is not that of {signer}."
    remedy = "Check the account, the chain and every field, and sign again."


class WalletRefused(Reverted, IntegrityError):
    """Raised when a contract wallet does not accept the signature (ERC-1271)."""

    code = "signatures.wallet-refused"
    cause = "The contract wallet {wallet} does not accept the signature."
    remedy = "Sign with an owner of the wallet; an ordinary account uses the entry for keys."
