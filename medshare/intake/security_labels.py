"""The HL7 v3 labels of a category: Confidentiality and ActCode sensitivity (FHIR R4, "Security Labels").

Sources: HL7 v3 Confidentiality 5.0.0 (N normal, R restricted) and ActCode 11.0.0, value set
InformationSensitivityPolicy. HL7's Healthcare Privacy and Security Classification System asks for R or stricter where
a sensitivity code stands. A category takes the codes that cover the whole of it: what is in it may be alcohol or
opioids, so the label is ETH and not ETHUD. The way back, from a label of a source to a category, is `tables/codes.tsv`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from medshare.consent.categories import Category
from medshare.intake.strictness import grade
from medshare.intake.terminology import ACT_CODE, CONFIDENTIALITY


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityLabel:
    """One security label (FHIR Coding).

    Attributes:
        system: URL of the code system.
        code: The code.
        display: Its name in the code system.
    """

    system: str
    code: str
    display: str

    def coding(self) -> dict[str, str]:
        """Return it as it stands in `meta.security`."""
        return {"system": self.system, "code": self.code, "display": self.display}


NORMAL: Final = SecurityLabel(system=CONFIDENTIALITY, code="N", display="normal")
RESTRICTED: Final = SecurityLabel(system=CONFIDENTIALITY, code="R", display="restricted")

_SENSITIVITY: Final = {
    Category.MENTAL_HEALTH: (
        ("PSY", "psychiatry disorder information sensitivity"),
        ("MH", "mental health information sensitivity"),
    ),
    Category.SUBSTANCE_USE: (
        ("ETH", "substance abuse information sensitivity"),
        ("SUD", "substance use disorder information sensitivity"),
    ),
    Category.SEXUAL_AND_REPRODUCTIVE_HEALTH: (("SEX", "sexuality and reproductive health information sensitivity"),),
    Category.HIV: (("HIV", "HIV/AIDS information sensitivity"),),
    Category.GENETICS: (("GDIS", "genetic disease information sensitivity"),),
    Category.VIOLENCE: (
        ("SDV", "sexual assault, abuse, or domestic violence information sensitivity"),
        ("VIO", "violence information sensitivity"),
    ),
}


def security_labels(category: Category) -> tuple[SecurityLabel, ...]:
    """Return the labels of a category: N for ordinary, R for restricted, R and sensitivity codes for sensitive."""
    sensitivity = tuple(
        SecurityLabel(system=ACT_CODE, code=code, display=display) for code, display in _SENSITIVITY.get(category, ())
    )
    return (NORMAL if grade(category) == 0 else RESTRICTED, *sensitivity)
