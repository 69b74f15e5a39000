"""Which function of the twin stands for which function of the contracts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from medshare.ledger.acts import AUDIT, CONSENTS, PARTICIPANTS, RECORDS, REQUESTS
from medshare.ledger.memory import consents, participants, records
from medshare.ledger.memory.world import World

Rule = Callable[..., World]
RULES: Final[dict[tuple[str, str], Rule]] = {
    (PARTICIPANTS, "register"): participants.register,
    (PARTICIPANTS, "registerBySig"): participants.register_by_sig,
    (PARTICIPANTS, "registerByWallet"): participants.register_by_wallet,
    (PARTICIPANTS, "setDirectory"): participants.set_directory,
    (PARTICIPANTS, "setDirectoryBySig"): participants.set_directory_by_sig,
    (PARTICIPANTS, "setDirectoryByWallet"): participants.set_directory_by_wallet,
    (PARTICIPANTS, "setRecovery"): participants.set_recovery,
    (PARTICIPANTS, "setRecoveryBySig"): participants.set_recovery_by_sig,
    (PARTICIPANTS, "setRecoveryByWallet"): participants.set_recovery_by_wallet,
    (PARTICIPANTS, "delegate"): participants.delegate,
    (PARTICIPANTS, "delegateBySig"): participants.delegate_by_sig,
    (PARTICIPANTS, "delegateByWallet"): participants.delegate_by_wallet,
    (PARTICIPANTS, "succeed"): participants.succeed,
    (PARTICIPANTS, "publishKey"): participants.publish_key,
    (PARTICIPANTS, "addStaff"): participants.add_staff,
    (PARTICIPANTS, "removeStaff"): participants.remove_staff,
    (PARTICIPANTS, "accredit"): participants.accredit,
    (PARTICIPANTS, "suspend"): participants.suspend,
    (PARTICIPANTS, "reinstate"): participants.reinstate,
    (CONSENTS, "grant"): consents.grant,
    (CONSENTS, "grantBySig"): consents.grant_by_sig,
    (CONSENTS, "grantBy"): consents.grant_signed_by,
    (CONSENTS, "grantBatch"): consents.grant_batch,
    (CONSENTS, "revoke"): consents.revoke,
    (CONSENTS, "revokeBySig"): consents.revoke_by_sig,
    (CONSENTS, "revokeBy"): consents.revoke_signed_by,
    (CONSENTS, "revokeBatch"): consents.revoke_batch,
    (CONSENTS, "lockdown"): consents.lockdown,
    (CONSENTS, "lockdownBySig"): consents.lockdown_by_sig,
    (CONSENTS, "lockdownBy"): consents.lockdown_signed_by,
    (REQUESTS, "open"): consents.open_request,
    (REQUESTS, "withdraw"): consents.withdraw,
    (REQUESTS, "approve"): consents.approve,
    (REQUESTS, "approveBy"): consents.approve_signed_by,
    (RECORDS, "anchor"): records.anchor,
    (RECORDS, "retract"): records.retract,
    (RECORDS, "confirm"): records.confirm,
    (RECORDS, "erase"): records.erase,
    (RECORDS, "eraseInherited"): records.erase_inherited,
    (RECORDS, "eraseBySig"): records.erase_by_sig,
    (RECORDS, "eraseBy"): records.erase_signed_by,
    (RECORDS, "eraseAll"): records.erase_all,
    (RECORDS, "eraseAllBySig"): records.erase_all_by_sig,
    (RECORDS, "eraseAllBy"): records.erase_all_signed_by,
    (RECORDS, "setQuorum"): records.set_quorum,
    (AUDIT, "anchor"): records.anchor_receipts,
}
"""The function of the twin for each function of the contracts."""
