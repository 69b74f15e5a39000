"""The people and institutions of the story, and the verbs they use.

`Patient` is the agent: the only one that touches a root secret. `Institution` writes, confirms and
reads; `Researcher` asks and reads; `Regulator` accredits and audits. Command line, gateway and
Brownie scripts are thin over them.
"""

from __future__ import annotations

from medshare.actors.enrolment import EnrolmentAnswer, EnrolmentOffer
from medshare.actors.institution import Institution
from medshare.actors.network import LocalNetwork, Network
from medshare.actors.patient import Patient
from medshare.actors.reader import Reading
from medshare.actors.regulator import Regulator
from medshare.actors.researcher import Researcher
from medshare.actors.writer import Anchoring, Upload

__all__ = [
    "Anchoring",
    "EnrolmentAnswer",
    "EnrolmentOffer",
    "Institution",
    "LocalNetwork",
    "Network",
    "Patient",
    "Reading",
    "Regulator",
    "Researcher",
    "Upload",
]
