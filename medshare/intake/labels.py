"""The strictest-label rule: one category for each resource.

**Order.** Ordinary categories are equal; 17 (restricted) is stricter; then, strictest last: sexual and
reproductive health, mental health, substance use, genetics, violence, HIV. A resource that tells two
sensitive things is filed under the stricter. The order among the six is
ours: what costs a person most when it gets out stands last.

**What a resource holds.** Its type gives the ordinary category. Every coding in it, contained resources
and extensions included, is looked up; so are the words that come with codes; so are the labels in
`meta.security`, of the Bundle too for resources without labels of their own. A label makes stricter,
never laxer. Free text in an ordinary resource does not move the resource: it is taken out and sealed
apart (`splitting`). Notes, attachments and unknown types are 17, except that a writing which the source
labelled "normal" or lower is a note (12). A code that no table knows and that has no words is 17.

**What a resource refers to.** The label of the target comes over the reference, except where the
reference tells nothing about the target:

- to people and providers, never; but a visit takes what the *own* codes and names of its providers tell;
- from something that merely happened in a visit (`encounter`, `context`) to the visit; but claims,
  writings and other visits are about a visit as a whole, and take its label.

A clinical reference out of the Bundle cannot be judged: the resource is 17.

**What refers to a resource.** Parts take what the *own* codes of a whole tell (results of a report,
members of a panel, goals of a plan). Binary, Media and Specimen take the strictest of what refers to
them. A provider that only sensitive resources refer to is as sensitive as the strictest of them.

Labels only rise, and there are eight ranks, so the rule ends: each resource is looked at again at most
seven times for each reference to it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any, Final

from medshare.consent.categories import Category
from medshare.intake.findings import Findings, Pointer
from medshare.intake.kinds import CARRIED, PEOPLE, PROVIDERS, VISITS, WRITINGS, category_by_type
from medshare.intake.preferences import NO_PREFERENCES, Preferences
from medshare.intake.references import type_named
from medshare.intake.strictness import grade, rank, strictest

_ABOUT_THE_VISIT: Final = (
    VISITS | WRITINGS | {"Claim", "ClaimResponse", "ExplanationOfBenefit", "Account", "ChargeItem", "Provenance"}
)
_MERELY_IN_A_VISIT: Final = frozenset(("encounter", "context"))
_NAMES_PEOPLE: Final = frozenset(
    ("actor", "asserter", "assessor", "authenticator", "author", "authorReference", "beneficiary", "careManager")
) | {
    *("collector", "contact", "enterer", "for", "generalPractitioner", "individual", "informationSource"),
    *("interpreter", "member", "observer", "onBehalfOf", "operator", "orderer", "owner", "participant", "party"),
    *("patient", "payee", "payor", "performer", "person", "policyHolder", "practitioner", "prescriber"),
    *("principalInvestigator", "provider", "receiver", "recipient", "recorder", "reporter", "requester", "requestor"),
    *("responsible", "responsibleParty", "resultsInterpreter", "sender", "source", "sourcePatientInfo", "subject"),
    *("submitter", "subscriber", "supplier", "verifiedWith", "who"),
}
"""Elements of R4 that name the person who did, said, paid or is."""

_NAMED_AFTER_PEOPLE: Final = PEOPLE | {"Practitioner"}
_PARTS: Final = frozenset(
    (("DiagnosticReport", "result"), ("Observation", "hasMember"), ("CarePlan", "goal"), ("CarePlan", "reference"))
)


@dataclass(frozen=True, slots=True)
class Node:
    """A resource with what was found in it.

    Attributes:
        resource: The resource.
        findings: What it holds.
        targets: For each of its references, the nodes it leads to; none when it leads outside.
    """

    resource: dict[str, Any]
    findings: Findings
    targets: list[tuple[int, ...]]

    @property
    def type(self) -> str:
        """Its resource type."""
        return str(self.resource["resourceType"])


def label_resources(nodes: list[Node], preferences: Preferences = NO_PREFERENCES) -> list[Category]:
    """Return the category of each node by the rule above, raised where the patient wants it stricter."""
    own = [preferences.raised(_own_category(node, nodes)) for node in nodes]
    _hand_down(nodes, own)
    labels = [strictest(own[index], *_from_outside(node)) for index, node in enumerate(nodes)]
    referrers: dict[int, list[tuple[int, Pointer]]] = defaultdict(list)
    for index, node in enumerate(nodes):
        for pointer, targets in zip(node.findings.pointers, node.targets, strict=True):
            for target in targets:
                if target != index:
                    referrers[target].append((index, pointer))
    waiting = deque(range(len(nodes)))
    queued = set(waiting)
    while waiting:
        target = waiting.popleft()
        queued.discard(target)
        changed = _take_from_referrers(nodes, labels, target, referrers[target])
        for index, pointer in referrers[target]:
            # [I-003]
            if rank(labels[target]) > rank(labels[index]) and _tells(nodes[index], pointer, nodes[target], own[target]):
                labels[index] = labels[target]
                changed.append(index)
        for index in changed:
            # Its referrers take its label; what it refers to may be carried by it.
            affected = [index, *(other for targets in nodes[index].targets for other in targets)]
            for other in affected:
                if other not in queued and (other == index or nodes[other].type in _FOLLOWING):
                    waiting.append(other)
                    queued.add(other)
    return labels


_FOLLOWING: Final = CARRIED | PROVIDERS
"""Types that take their label from what refers to them."""


def _own_category(node: Node, nodes: list[Node]) -> Category:
    """Return the category that a resource has by itself."""
    ordinary = category_by_type(node.resource)
    found = node.findings
    told = set(found.told)
    for pointer, targets in zip(found.pointers, node.targets, strict=True):
        kinds = {nodes[target].type for target in targets} or {type_named(pointer.reference)}
        # A family name is no diagnosis; but `detail` or `reasonReference` names nobody, wherever it leads.
        if not kinds <= _NAMED_AFTER_PEOPLE or pointer.element not in _NAMES_PEOPLE:
            told |= pointer.told
    if found.unlabelled or (node.type in WRITINGS and not found.labelled):  # [I-005]
        told.add(Category.UNLABELLED)
    if node.type in WRITINGS:
        told = told.union(*(writing.told for writing in found.writings))
    return strictest(ordinary, *sorted(told))


def _hand_down(nodes: list[Node], own: list[Category]) -> None:
    """Give parts what the own codes of their whole tell, and so on down."""
    waiting = deque(index for index, category in enumerate(own) if grade(category) == 2)
    while waiting:
        index = waiting.popleft()
        node = nodes[index]
        for pointer, targets in zip(node.findings.pointers, node.targets, strict=True):
            if (node.type, pointer.element) not in _PARTS:
                continue
            for target in targets:
                if rank(own[index]) > rank(own[target]):
                    own[target] = own[index]
                    waiting.append(target)


def _from_outside(node: Node) -> list[Category]:
    """Return 17 for a clinical reference that leads out of the Bundle."""
    for pointer, targets in zip(node.findings.pointers, node.targets, strict=True):
        if targets or pointer.reference in node.findings.own or pointer.element == "url":
            continue
        if pointer.element in _MERELY_IN_A_VISIT and node.type not in _ABOUT_THE_VISIT:
            continue
        if type_named(pointer.reference) not in PEOPLE | PROVIDERS:
            return [Category.UNLABELLED]
    return []


def _tells(source: Node, pointer: Pointer, target: Node, own_of_target: Category) -> bool:
    """Whether a reference tells what its target is about."""
    if target.type in PEOPLE:
        return False
    if target.type in PROVIDERS:
        return source.type in VISITS and grade(own_of_target) == 2
    if target.type == "Encounter" and pointer.element in _MERELY_IN_A_VISIT:
        return source.type in _ABOUT_THE_VISIT
    return True


def _take_from_referrers(
    nodes: list[Node], labels: list[Category], target: int, referrers: list[tuple[int, Pointer]]
) -> list[int]:
    """Raise what is carried by its referrers; return it when it changed."""
    kind = nodes[target].type
    if kind not in _FOLLOWING or not referrers:
        return []
    around = [labels[index] for index, _ in referrers]
    if kind in PROVIDERS and any(grade(label) < 2 for label in around):
        return []
    raised = strictest(labels[target], *around)
    if rank(raised) == rank(labels[target]):
        return []
    labels[target] = raised
    return [target]
