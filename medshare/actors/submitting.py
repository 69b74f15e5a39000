"""A provider asks validators: it leaves a period at their doors and comes back for the verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from medshare.actors.network import Network
from medshare.actors.writer import Period, Writer
from medshare.confirm import items_from_bytes, items_to_bytes
from medshare.errors import IntegrityError, MedShareError, UnreachableError
from medshare.gateway import Gateway
from medshare.gateway.submissions import kept_verdict
from medshare.hexadecimal import Address, Bytes32
from medshare.keys.directory import Place
from medshare.ledger import Ledger, Role, Transaction
from medshare.outbox.periods import NothingToAnchor
from medshare.signed import Signed, domains_of, kept
from medshare.typed_data import Confirm, Reject, SigningKey, Submission
from medshare.vault import SubmissionRow, SubmittedRow, VerdictRow


class PeriodRejected(IntegrityError):
    """Raised when a validator rejects a period without naming one of its documents."""

    code = "institution.period-rejected"
    cause = "The validator {validator} rejects the whole period."
    remedy = "Compare the anchored root and the superseded leaves with your own documents; then anchor anew."


class NotTheValidator(IntegrityError):
    """Raised when a door does not belong to the validator that is asked, or answers with another's word."""

    code = "institution.not-the-validator"
    cause = "The door {url} is not the one of the validator {validator}, or its verdict is not that validator's."
    remedy = "Check the URL with the validator; its verdict counts only with its own signature."


class TooFewVerdicts(UnreachableError):
    """Raised when not enough validators have confirmed a period."""

    code = "institution.too-few-verdicts"
    cause = "Of {needed} validators that must confirm the period {root}, {found} have."
    remedy = "Ask more validators, or wait until those that were asked have checked it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """How far a period is.

    Attributes:
        period: The one that is to be confirmed now: another one than before where leaves were rejected.
        transaction: The confirmation on the chain; None while signatures are missing.
        confirmed: The validators that signed for it.
        rejected: The leaves that were left out just now.
        waiting: The doors that have the period and no verdict yet.
        unanswered: The doors that did not take it or did not answer, with the code of the error; asked again next time.
    """

    period: Period
    transaction: Transaction | None = None
    confirmed: tuple[Address, ...] = ()
    rejected: tuple[Bytes32, ...] = ()
    waiting: tuple[str, ...] = ()
    unanswered: Mapping[str, str] = field(default_factory=dict)


class Submitter:
    """Has the periods of one institution confirmed."""

    def __init__(
        self, account: SigningKey, gateway: Gateway, ledger: Ledger, network: Network, writer: Writer, url: str
    ) -> None:
        self._account = account
        self._gateway = gateway
        self._ledger = ledger
        self._network = network
        self._writer = writer
        self._url = url

    def submit(self, period: Period, validators: Iterable[Place]) -> Confirmation:
        """Leave a period at the doors of validators. Which ones were asked is remembered before one is told."""
        provider = self._gateway.office.institution
        with self._gateway.office.vault.transaction() as rows:
            if rows.get(SubmissionRow, provider=provider, root=period.root) is None:
                rows.put(
                    SubmissionRow(
                        provider=provider,
                        root=period.root,
                        items=items_to_bytes(period.items),
                        superseded=period.superseded,
                        source=self._url,
                        signed=period.submission.keep(),
                    )
                )
            for place in validators:
                row = SubmittedRow(provider=provider, root=period.root, validator=place.account, url=place.url)
                if rows.get(SubmittedRow, provider=provider, root=period.root, validator=place.account) != row:
                    rows.destroy(SubmittedRow, provider=provider, root=period.root, validator=place.account)
                    rows.put(row)
        return self._ask(period)[1]

    def periods(self) -> tuple[Period, ...]:
        """Return the periods that were submitted and are not confirmed yet, also by an earlier process."""
        rows = self._gateway.office.vault.find(SubmissionRow, provider=self._gateway.office.institution)
        return tuple(_period(row) for row in rows)

    def collect(self, period: Period) -> Confirmation:
        """Ask for the verdicts on a period and confirm it when there are enough; left again where it is missing.

        Where a leaf was rejected, and there are not enough signatures all the same, the rest is
        anchored again and left at the same doors.

        Raises:
            NothingToAnchor: Every leaf was rejected.
            PeriodRejected: A validator rejects the period as a whole.
            The errors of the contracts.
        """
        answers, found = self._ask(period)
        signatures = {
            validator: answer.signature
            for validator, answer in answers.items()
            if isinstance(answer.message, Confirm) and self._may_confirm(validator)
        }
        if len(signatures) >= self._ledger.quorum():
            return self._confirm(period, signatures, found)
        at_fault = {answer.message.leaf for answer in answers.values() if isinstance(answer.message, Reject)}
        if not at_fault:
            return replace(found, confirmed=tuple(sorted(signatures)))
        for validator, answer in answers.items():
            if isinstance(answer.message, Reject) and answer.message.leaf not in period.leaves:
                raise PeriodRejected(validator=validator)
        return self._submit_rest(period, at_fault)

    def _confirm(self, period: Period, signatures: Mapping[Address, bytes], found: Confirmation) -> Confirmation:
        provider = self._gateway.office.institution
        outbox = self._gateway.office.outbox
        done = outbox.confirm(provider=provider, root=period.root, signatures=signatures, sender=self._account)
        self._gateway.office.vault.destroy(SubmissionRow, provider=provider, root=period.root)
        return Confirmation(
            period=period,
            transaction=done,
            confirmed=tuple(sorted(signatures)),
            waiting=found.waiting,
            unanswered=found.unanswered,
        )

    def _submit_rest(self, period: Period, at_fault: set[Bytes32]) -> Confirmation:
        """Anchor what is left of a period. Those who were asked about the first one may keep bodies of both."""
        vault, provider = self._gateway.office.vault, self._gateway.office.institution
        try:
            rest = self._writer.anchor_rest(period, without=at_fault)
        except NothingToAnchor:
            # Told once: a verdict does not change, and nobody asks for it for ever.
            vault.destroy(SubmissionRow, provider=provider, root=period.root)
            raise
        asked = vault.find(SubmittedRow, provider=provider, root=period.root)
        next_step = self.submit(rest, [Place(account=row.validator, url=row.url) for row in asked])
        vault.destroy(SubmissionRow, provider=provider, root=period.root)
        return Confirmation(
            period=rest,
            rejected=tuple(sorted(at_fault)),
            waiting=next_step.waiting,
            unanswered=next_step.unanswered,
        )

    def _ask(self, period: Period) -> tuple[dict[Address, Signed[Confirm] | Signed[Reject]], Confirmation]:
        """Return the verdicts that there are, and who has none or did not answer."""
        vault, provider = self._gateway.office.vault, self._gateway.office.institution
        answers: dict[Address, Signed[Confirm] | Signed[Reject]] = {}
        waiting, unanswered = [], dict[str, str]()
        for row in vault.find(SubmittedRow, provider=provider, root=period.root):
            known = vault.get(VerdictRow, provider=provider, root=period.root, validator=row.validator)
            try:
                answer = kept_verdict(known) if known else self._ask_one(period, row)
            except MedShareError as error:
                unanswered[row.url] = error.code
                continue
            if answer is None:
                waiting.append(row.url)
            else:
                answers[row.validator] = answer
        return answers, Confirmation(period=period, waiting=tuple(waiting), unanswered=unanswered)

    def _ask_one(self, period: Period, row: SubmittedRow) -> Signed[Confirm] | Signed[Reject] | None:
        """Ask one door; leave the period there if it has no verdict."""
        door = self._network.at(row.url)
        if door.institution != row.validator:
            raise NotTheValidator(url=row.url, validator=row.validator)
        answer = door.submissions.verdict(row.provider, row.root)
        if answer is None:
            door.submissions.leave(period.submission, period.items, period.superseded, source=self._url)
            return None
        message = answer.check(domains_of(self._ledger.deployment), signer=row.validator)  # [V-011]
        if (message.provider, message.root) != (row.provider, row.root):
            raise NotTheValidator(url=row.url, validator=row.validator)
        self._gateway.office.vault.put(
            VerdictRow(
                provider=row.provider,
                root=row.root,
                validator=row.validator,
                leaf=message.leaf if isinstance(message, Reject) else None,
                signed=answer.keep(),
            )
        )
        return answer

    def _may_confirm(self, validator: Address) -> bool:
        return self._ledger.account(validator).has(Role.VALIDATOR)


def _period(row: SubmissionRow) -> Period:
    items = items_from_bytes(row.items)
    return Period(
        root=row.root,
        leaves=tuple(item.leaf for item in items),
        superseded=row.superseded,
        submission=kept(Submission, row.signed),
        items=items,
    )
