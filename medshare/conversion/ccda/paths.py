"""Where an element stands, in the words of XPath and never with content."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from medshare.conversion.ccda.xml import SDTC, V3, name_of

_TEXT: Final = """
    ClinicalDocument act actReference addr administrationUnitCode administrativeGenderCode approachSiteCode
    asOrganizationPartOf asPatientRelationship assignedAuthor assignedAuthoringDevice assignedCustodian
    assignedEntity assignedPerson associatedEntity associatedPerson authenticator author authorization
    awarenessCode birthTime birthplace center code component componentOf confidentialityCode consent consumable
    coverage criterion custodian dataEnterer deceasedInd deceasedTime denominator desc dischargeDispositionCode
    documentationOf dosageTemplate doseQuantity effectiveTime encompassingEncounter encounter
    encounterParticipant entry entryRelationship ethnicGroupCode event expectedUseTime externalAct
    externalDocument externalObservation externalProcedure functionCode guardian healthCareFacility high id
    inFulfillmentOf inFulfillmentOf1 independentInd informant informationRecipient intendedRecipient
    interpretationCode languageCode languageCommunication legalAuthenticator location lotNumberText low
    manufacturedMaterial manufacturedProduct manufacturerModelName manufacturerOrganization maritalStatusCode
    maxDoseQuantity methodCode modeCode multipleBirthInd multipleBirthOrderNumber name negationInd nonXMLBody
    numerator observation observationMedia observationRange offset order organizer originalText parentDocument
    participant participantRole patient patientRole performer period place playingDevice playingEntity
    precondition precondition1 precondition2 preferenceInd priorityCode procedure product proficiencyLevelCode
    providerOrganization qualifier quantity raceCode rateQuantity realmCode receivedOrganization recordTarget
    reference referenceRange regionOfInterest relatedDocument relatedEntity relatedPerson relatedSubject
    religiousAffiliationCode repeatNumber representedCustodianOrganization representedOrganization
    responsibleParty routeCode scopingEntity scopingOrganization section sectionTimeRange seperatableInd
    sequenceNumber serviceEvent serviceProviderOrganization setId signatureCode softwareName specialty specimen
    specimenPlayingEntity specimenRole standardIndustryClassCode statusCode structuredBody subject
    substanceAdministration supply targetSiteCode telecom templateId text time title translation typeId
    uncertaintyCode value versionNumber width
"""
_NAMES: Final = frozenset(_TEXT.split())
"""The names of CDA R2 and of its sdtc extensions that C-CDA uses. Any other name could be somebody's words."""


class Paths:
    """Says where elements stand. The children of an element are numbered once, however many there are."""

    def __init__(self) -> None:
        self._steps: dict[Any, dict[Any, str]] = {}

    def path_of(self, node: Any) -> str:
        """Return the path of an element from the root: a number stands only among several of one name."""
        steps: list[str] = []
        while (parent := node.getparent()) is not None:
            if parent not in self._steps:
                self._steps[parent] = _numbered(parent)
            steps.append(self._steps[parent][node])
            node = parent
        steps.append(_name(node))
        return "/" + "/".join(reversed(steps))


def _numbered(parent: Any) -> dict[Any, str]:
    """Return the step that leads to each child of an element."""
    names = [(child, _name(child)) for child in parent]
    several = Counter(name for _, name in names)
    seen: Counter[str] = Counter()
    steps: dict[Any, str] = {}
    for child, name in names:
        seen[name] += 1
        steps[child] = name if several[name] == 1 else f"{name}[{seen[name]}]"
    return steps


def _name(node: Any) -> str:
    return name_of(node) if node.tag.startswith((V3, SDTC)) and name_of(node) in _NAMES else "*"
