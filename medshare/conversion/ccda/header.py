"""The header: who the document is about, who wrote it, keeps it, signed it, and in which visit it was made.

Each participation is a participant of the header that is counted. Those for which Composition has no element
(enterer, informants, recipients, other participants, performers) are agents of one Provenance of the Composition
(C-CDA on FHIR, "CDA ↔ FHIR Provenance" and "Participations").
"""

from __future__ import annotations

from typing import Any, Final

from medshare.conversion.ccda.composition import Tally, add_composition, labels
from medshare.conversion.ccda.datatypes import absent, concept, identifiers, token
from medshare.conversion.ccda.draft import Draft
from medshare.conversion.ccda.encounters import encompassing
from medshare.conversion.ccda.errors import NoPatientError, SeveralPatientsError
from medshare.conversion.ccda.patient import add_patient
from medshare.conversion.ccda.people import author, organization, participant, performer, related_person
from medshare.conversion.ccda.times import instant, single
from medshare.conversion.ccda.xml import find, find_all

_PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_AGENT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_AGENTS: Final = {"ENT": "enterer", "INF": "informant", "PRF": "performer"}
_ATTESTERS: Final = {"legalAuthenticator": "legal", "authenticator": "professional"}
_ATTESTING: Final = frozenset(("Practitioner", "PractitionerRole", "RelatedPerson", "Organization", "Patient"))
_UNSAID: Final = ("authorization",)
"""What of the header nothing is made of: consents that were given on paper."""


def patient_role(root: Any) -> Any:
    """Return the patientRole of the document's one recordTarget.

    Raises:
        NoPatientError, SeveralPatientsError: There is none, or more than one.
    """
    roles = find_all(root, "recordTarget/patientRole")
    if not roles:
        raise NoPatientError
    if len(roles) > 1:
        raise SeveralPatientsError(count=len(roles))
    return roles[0]


def convert_header(draft: Draft, tally: Tally, role: Any) -> None:
    """Add the Patient, the Composition with all its sections, and who took part."""
    root = draft.root
    draft.label(labels(draft, root))
    add_patient(draft, role)
    tally.entry(mapped=True)
    draft.writers = [
        url for node in find_all(root, "author") if (url := _counted(draft, tally, node, author(draft, node)))
    ]
    keeper = find(root, "custodian")
    custodian = organization(draft, find(keeper, "assignedCustodian/representedCustodianOrganization"))
    if keeper is not None:
        _counted(draft, tally, keeper, custodian)
    visit = ""
    for node in find_all(root, "componentOf"):
        within = find(node, "encompassingEncounter")
        visit = encompassing(draft, within) if within is not None else ""
        _counted(draft, tally, node, visit)
    attesters = _attesters(draft, tally)
    agents = _agents(draft, tally)
    orders = [
        url
        for node in find_all(root, "inFulfillmentOf")
        if (url := _counted(draft, tally, node, _order(draft, find(node, "order"))))
    ]
    composition = add_composition(draft, tally, custodian=custodian, attesters=attesters, visit=visit)
    for name in ("relatedDocument", "documentationOf"):
        _count_said(draft, tally, name, draft.resource(composition))
    if orders:
        draft.resource(composition).setdefault("event", []).append({"detail": [{"reference": url} for url in orders]})
    for name in _UNSAID:
        for node in find_all(root, name):
            _counted(draft, tally, node, "")
    if agents:
        _add_provenance(draft, composition, agents)


def _counted(draft: Draft, tally: Tally, node: Any, url: str) -> str:
    """Count a participation of the header; without a resource it is an issue."""
    tally.entry(mapped=bool(url))
    if not url:
        draft.issue(node, "not-mapped")
    return url


def _count_said(draft: Draft, tally: Tally, name: str, composition: dict[str, Any]) -> None:
    """Count the related documents and service events, which the Composition itself says."""
    said = len(composition.get("relatesTo" if name == "relatedDocument" else "event", []))
    for number, node in enumerate(find_all(draft.root, name)):
        _counted(draft, tally, node, "said" if number < said else "")


def _attesters(draft: Draft, tally: Tally) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, mode in _ATTESTERS.items():
        for node in find_all(draft.root, name):
            url = _counted(draft, tally, node, performer(draft, node))
            if url and draft.resource(url)["resourceType"] in _ATTESTING:
                found.append({"mode": mode, "time": single(draft, find(node, "time")), "party": {"reference": url}})
    return found


def _agents(draft: Draft, tally: Tally) -> list[dict[str, Any]]:
    """Return those who took part otherwise, as agents with the type of their participation (v3 ParticipationType)."""
    root = draft.root
    found = [
        *(("ENT", node, performer(draft, node)) for node in find_all(root, "dataEnterer")),
        *(("INF", node, _informant(draft, node)) for node in find_all(root, "informant")),
        *(
            (token(node.get("typeCode")) or "PRCP", node, _recipient(draft, node))
            for node in find_all(root, "informationRecipient")
        ),
        *(
            (token(node.get("typeCode")) or "IND", node, _associated(draft, node))
            for node in find_all(root, "participant")
        ),
    ]
    agents = [_agent(kind, _counted(draft, tally, node, url)) for kind, node, url in found]
    services = find_all(root, "documentationOf/serviceEvent/performer")
    agents += [_agent("PRF", performer(draft, node)) for node in services]
    return [agent for agent in agents if agent]


def _order(draft: Draft, node: Any) -> str:
    """Add the ServiceRequest of an order that the document fulfils."""
    if node is None:
        return ""
    known = identifiers(draft, node)
    code = concept(draft, find(node, "code"))
    if not known and not code:
        return ""
    return draft.add(
        {
            "resourceType": "ServiceRequest",
            "identifier": known,
            "status": "unknown",
            "intent": "order",
            "code": code,
            "subject": {"reference": draft.patient},
        },
        node,
    )


def _recipient(draft: Draft, node: Any) -> str:
    role = find(node, "intendedRecipient")
    return participant(draft, role, person="informationRecipient", scope="receivedOrganization")


def _agent(kind: str, url: str) -> dict[str, Any] | None:
    if not url:
        return None
    system, code = (_AGENT, _AGENTS[kind]) if kind in _AGENTS else (_PARTICIPATION, kind)
    return {"type": {"coding": [{"system": system, "code": code}]}, "who": {"reference": url}}


def _informant(draft: Draft, node: Any) -> str:
    """Return the full URL of an informant: a relative, or somebody in a role."""
    relative = find(node, "relatedEntity")
    if relative is not None:
        return related_person(draft, relative, person="relatedPerson")
    return performer(draft, node)


def _associated(draft: Draft, node: Any) -> str:
    """Return the full URL of a participant: a relative or contact, else a professional or an organization."""
    role = find(node, "associatedEntity")
    if role is None:
        return ""
    if role.get("classCode") in {"PRS", "NOK", "ECON", "CAREGIVER", "GUARD", "AGNT"}:
        return related_person(draft, role, person="associatedPerson") or organization(
            draft, find(role, "scopingOrganization")
        )
    return participant(draft, role, person="associatedPerson", scope="scopingOrganization")


def _add_provenance(draft: Draft, composition: str, agents: list[dict[str, Any]]) -> None:
    time = find(draft.root, "effectiveTime")
    recorded = instant(draft, time)
    draft.add(
        {
            "resourceType": "Provenance",
            "target": [{"reference": composition}],
            **({"recorded": recorded} if recorded else {"_recorded": absent(time)}),
            "agent": agents,
        },
        draft.root,
    )
