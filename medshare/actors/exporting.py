"""The audit export: what proves a patient's log, gathered once, for anyone to verify without a gateway.

The agent gathers it at every gateway that it knows; an institution can do so for its own gateway alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medshare.actors.looking import Checked, line_of, look
from medshare.audit.chain import ChainAnchors
from medshare.audit.export import Anchored, Export, ExportedLine
from medshare.audit.judging import check, judge_line
from medshare.errors import NotFoundError
from medshare.hexadecimal import Address
from medshare.ledger import Ledger
from medshare.ledger.acts import AUDIT, PARTICIPANTS
from medshare.ledger.types import DeploymentInfo

if TYPE_CHECKING:
    from medshare.actors.agent import Agent
    from medshare.gateway import Gateway
    from medshare.gateway.door import Door


def export_log(agent: Agent) -> Export:
    """Return the patient's log of every gateway that answers, with its proofs; `agent.faults` names the others.

    Raises:
        The errors of `medshare.audit.errors`: A log is broken; the findings are in `access_log`.
    """
    checked = look(agent)
    check([finding for one in checked for finding in one.findings])
    at, anchors = _anchors(agent.ledger)
    lines = [
        line
        for one in checked
        if one.log  # [B-035]
        for line in agent.through([one.door], lambda _, one=one: _line(one, anchors))  # type: ignore[misc]
    ]
    return _export(agent.ledger.deployment, agent.address, at, *lines)


def export_kept(gateway: Gateway, patient: Address) -> Export:
    """Return what the institution's own gateway logged about a patient, with its proofs.

    Raises:
        NotAPatient: Nobody registered the address.
        The errors of `medshare.audit.errors`: The vault holds a broken log.
    """
    office, log = gateway.office, gateway.audit.line(patient)
    check(judge_line(line_of(gateway, patient, log), office.domains))
    checked = Checked(door=gateway, patient=patient, log=log, findings=())
    at, anchors = _anchors(office.ledger)
    return _export(office.ledger.deployment, patient, at, _line(checked, anchors))


def _anchors(ledger: Ledger) -> tuple[int, ChainAnchors]:
    """Return the second of the head and the anchors that it has: what is anchored later is not missing."""
    return ledger.head().time, ChainAnchors.read(ledger)  # [B-032]


def _export(deployment: DeploymentInfo, patient: Address, at: int, *lines: ExportedLine) -> Export:
    return Export(
        chain_id=deployment.chain_id,
        participants=deployment.addresses[PARTICIPANTS],
        audit=deployment.addresses[AUDIT],
        patient=patient,
        at=at,
        lines=lines,
    )


def _line(checked: Checked, anchors: ChainAnchors) -> ExportedLine:
    door, patient = checked.door, checked.patient
    line = line_of(door, patient, checked.log)
    newest = len(anchors.of(door.address))
    anchor = anchors.anchor(door.address, newest) if newest else None
    return ExportedLine(
        line=line,
        count=len(line.entries),
        tag=door.audit.tag(patient),
        anchor=anchor,
        proof=door.audit.prove(patient, anchor.period.head) if anchor else None,
        stands=tuple(_stands(door, patient, entry.receipt.message.seq, anchors) for entry in line.entries),
    )


def _stands(door: Door, patient: Address, number: int, anchors: ChainAnchors) -> Anchored | None:
    try:
        shown = door.audit.receipt(patient, number)
    except NotFoundError:
        return None
    place = anchors.number_of(door.address, shown.head)
    return None if place is None else Anchored(anchor=anchors.anchor(door.address, place), proof=shown.proof)
