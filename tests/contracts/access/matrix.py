"""Who may call what in which state: the table from which the tests of access are made (C01).

Every state-changing function of every contract has a row for each way in which a role can matter: as the caller of
the function, or as the signer of what anyone carries. A row names for each state who may; everyone else is refused
with the error beside it. A function of an ABI without a row fails a test.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ROLES = (
    "patient",  # registered, named a delegate and a recovery address, granted, asked, recorded
    "other_patient",
    "next_patient",  # where the patient moves in the state "moved"
    "hospital",  # the institution
    "clinician",  # its staff
    "gateway",  # its staff, with the gateway bit
    "removed_staff",
    "suspended_staff",
    "suspended_hospital",
    "staff_of_suspended",
    "gateway_of_suspended",
    "validator",
    "researcher",
    "insurer",
    "service",
    "delegate",  # with every power
    "powerless",  # a delegate with the power to read and to refuse alone
    "recovery",
    "regulator",
    "deployer",
    "relayer",
    "stranger",
)
EVERYONE = frozenset(ROLES)
NOBODY: frozenset[str] = frozenset()

STATES = (
    "ordinary",
    "ended",  # the consent was revoked, the request answered, the leaf retracted and erased, the tree confirmed
    "locked",  # the patient's lockdown
    "moved",  # the patient moved to next_patient
    "late",  # a hundred days later: what was open has lapsed, what was signed is stale, the delegation ended
)

STAFFED = {"hospital", "clinician", "gateway"}
INSTITUTIONS = frozenset(STAFFED | {"validator"})
ACCREDITED = frozenset({"hospital", "validator", "researcher", "insurer", "service"})
EMPLOYERS = ACCREDITED
PATIENTS = frozenset({"patient", "other_patient", "next_patient"})
GATEWAYS = frozenset({"gateway", "gateway_of_suspended"})
UNKNOWN = frozenset({"recovery", "regulator", "deployer", "relayer", "stranger", "delegate", "powerless"})


@dataclass(frozen=True)
class Row:
    """Who may, by state; states that are not named are as "ordinary".

    `by` says what a role is in this row: "caller", or "signer" of a message that a relayer carries.
    `error` is what everyone else meets, by state like `may`; None where it differs from role to role.
    """

    contract: str
    function: str
    may: dict[str, frozenset[str]]
    error: dict[str, str | None] = field(default_factory=dict)
    by: str = "caller"

    def allowed(self, state: str) -> frozenset[str]:
        return self.may.get(state, self.may["ordinary"])

    def refusal(self, state: str) -> str | None:
        return self.error.get(state, self.error.get("ordinary"))


def _row(contract, function, may, error=None, by="caller", /, **states) -> Row:
    """`states` are pairs of who may and the error in that state."""
    allowed = {"ordinary": may} | {state: pair[0] for state, pair in states.items()}
    errors = {"ordinary": error} | {state: pair[1] for state, pair in states.items()}
    return Row(contract, function, allowed, errors, by)


_P, _C, _Q, _R, _A = "participants", "consents", "requests", "records", "audit"
_SIGNER = "Signatures_WrongSigner"
_MOVED = "ParticipantRegistry_HasSuccessor"
_ONE, _DELEGATE, _PATIENT = frozenset({"patient"}), frozenset({"delegate"}), frozenset({"patient", "delegate"})
_SIGNERS = frozenset(ROLES) - {"service"}
"""The service is a contract and has no key."""

MATRIX = (
    # Participants: everyone registers in their own name, once.
    _row(_P, "register", UNKNOWN, "ParticipantRegistry_AlreadyKnown"),
    _row(_P, "registerBySig", UNKNOWN, "ParticipantRegistry_AlreadyKnown", "signer"),
    _row(_P, "registerByWallet", NOBODY, "Signatures_WalletRefused", "signer"),
    _row(_P, "setDirectory", PATIENTS, "ParticipantRegistry_NotPatient", moved=(PATIENTS - _ONE, None)),
    _row(_P, "setDirectoryBySig", _ONE, _SIGNER, "signer", moved=(NOBODY, None)),
    _row(_P, "setDirectoryByWallet", NOBODY, "Signatures_WalletRefused", "signer"),
    # The patient named her recovery address: it alone names another.
    _row(_P, "setRecovery", frozenset({"recovery"}), "ParticipantRegistry_NotRecovery", moved=(NOBODY, None)),
    _row(_P, "setRecoveryBySig", frozenset({"recovery"}), _SIGNER, "signer", moved=(NOBODY, None)),
    _row(_P, "setRecoveryByWallet", NOBODY, "Signatures_WalletRefused", "signer"),
    _row(_P, "delegate", PATIENTS, "ParticipantRegistry_NotPatient", moved=(PATIENTS - _ONE, None)),
    _row(_P, "delegateBySig", _ONE, _SIGNER, "signer", moved=(NOBODY, None)),
    _row(_P, "delegateByWallet", NOBODY, "Signatures_WalletRefused", "signer"),
    _row(_P, "succeed", frozenset({"recovery"}), "ParticipantRegistry_NotRecovery", moved=(NOBODY, None)),
    _row(_P, "succeed", frozenset({"next_patient"}), _SIGNER, "signer", moved=(NOBODY, _MOVED)),
    _row(_P, "publishKey", ACCREDITED, "ParticipantRegistry_NotAccredited"),
    _row(_P, "addStaff", EMPLOYERS, "ParticipantRegistry_NotAccredited"),
    _row(_P, "addStaff", frozenset({"stranger"}), _SIGNER, "signer", late=(NOBODY, "ParticipantRegistry_BadJoinTime")),
    _row(_P, "removeStaff", frozenset({"hospital"}), "ParticipantRegistry_NotStaff"),
    _row(_P, "accredit", frozenset({"regulator"}), "AccessManagedUnauthorized"),
    _row(_P, "suspend", frozenset({"regulator"}), "AccessManagedUnauthorized"),
    _row(_P, "reinstate", frozenset({"regulator"}), "AccessManagedUnauthorized"),
    # Consents: everyone grants, revokes and locks in their own name; a signature is the patient's or her delegate's.
    _row(
        _C,
        "grant",
        EVERYONE,
        None,
        ended=(EVERYONE - _ONE, "ConsentRegistry_AlreadyRevoked"),
        late=(NOBODY, "ConsentRegistry_Stale"),
    ),
    _row(
        _C,
        "grantBySig",
        _ONE,
        _SIGNER,
        "signer",
        ended=(NOBODY, "ConsentRegistry_AlreadyRevoked"),
        late=(NOBODY, "ConsentRegistry_Stale"),
    ),
    _row(
        _C,
        "grantBy",
        _DELEGATE,
        None,
        "signer",
        ended=(NOBODY, "ConsentRegistry_AlreadyRevoked"),
        locked=(NOBODY, None),
        moved=(NOBODY, None),
        late=(NOBODY, "ConsentRegistry_Stale"),
    ),
    _row(_C, "grantBatch", EVERYONE),
    _row(_C, "revoke", EVERYONE),
    _row(_C, "revokeBySig", _ONE, _SIGNER, "signer"),
    _row(_C, "revokeBy", _DELEGATE, None, "signer", locked=(NOBODY, None), moved=(NOBODY, None), late=(NOBODY, None)),
    _row(_C, "revokeBatch", EVERYONE),
    _row(_C, "lockdown", EVERYONE),
    _row(_C, "lockdownBySig", _ONE, _SIGNER, "signer"),
    _row(_C, "lockdownBy", _DELEGATE, None, "signer", locked=(NOBODY, None), moved=(NOBODY, None), late=(NOBODY, None)),
    _row(_C, "retireAddress", NOBODY, "ConsentRegistry_NotParticipantRegistry"),
    # Requests: a digest of anyone's; an answer needs the patient or her delegate, and an accredited requester.
    _row(_Q, "open", EVERYONE, None),
    _row(
        _Q,
        "withdraw",
        frozenset({"researcher"}),
        "AccessRequests_NotOpen",
        ended=(NOBODY, "AccessRequests_NotOpen"),
    ),
    _row(
        _Q,
        "approve",
        _ONE,
        _SIGNER,
        "signer",
        ended=(_SIGNERS, None),  # in place already: whoever carries it again succeeds, and nothing changes
        late=(NOBODY, "AccessRequests_Lapsed"),
    ),
    _row(
        _Q,
        "approveBy",
        _DELEGATE,
        None,
        "signer",
        ended=(_SIGNERS, None),
        locked=(NOBODY, None),
        moved=(NOBODY, None),
        late=(NOBODY, "AccessRequests_Lapsed"),
    ),
    # Records: institutions and their staff anchor and retract; patients erase.
    _row(_R, "anchor", INSTITUTIONS, "RecordRegistry_NotInstitution"),
    _row(_R, "retract", INSTITUTIONS, "RecordRegistry_NotInstitution"),
    _row(_R, "confirm", frozenset({"validator"}), None, "signer", ended=(_SIGNERS, None)),
    _row(_R, "erase", EVERYONE, None, moved=(EVERYONE - _ONE, "RecordRegistry_HasSuccessor")),
    _row(
        _R,
        "eraseInherited",
        _ONE,
        "RecordRegistry_NotPatient",
        moved=(frozenset({"next_patient"}), "RecordRegistry_NotPatient"),
    ),
    _row(_R, "eraseBySig", _ONE, _SIGNER, "signer", moved=(frozenset({"next_patient"}), _SIGNER)),
    _row(_R, "eraseBy", _DELEGATE, None, "signer", locked=(NOBODY, None), moved=(NOBODY, None), late=(NOBODY, None)),
    _row(
        _R,
        "eraseAll",
        _ONE,
        "RecordRegistry_NotPatient",
        moved=(frozenset({"next_patient"}), "RecordRegistry_NotPatient"),
    ),
    _row(_R, "eraseAllBySig", _ONE, _SIGNER, "signer", moved=(frozenset({"next_patient"}), _SIGNER)),
    _row(_R, "eraseAllBy", _DELEGATE, None, "signer", locked=(NOBODY, None), moved=(NOBODY, None), late=(NOBODY, None)),
    _row(_R, "setQuorum", NOBODY, None),  # the regulator's too has to be scheduled two days before
    # Audit: a gateway continues its own chain, also while its institution is suspended.
    _row(_A, "anchor", GATEWAYS, "AuditLog_NotGateway"),
    # OpenZeppelin's own: the access manager replaces itself, nobody else does.
    _row(_P, "setAuthority", NOBODY, "AccessManagedUnauthorized"),
    _row(_R, "setAuthority", NOBODY, "AccessManagedUnauthorized"),
)
