"""What people do again and again in a town of homes: enrol, upload, confirm, ask, grant. By the command line alone."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.cli.consortium import Consortium

HOSPITALS = ("city", "hill", "north", "harbour")
CHART = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {"resource": {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1970-01-01"}},
        {
            "resource": {
                "resourceType": "Observation",
                "id": "o",
                "status": "final",
                "category": [
                    {
                        "coding": [
                            {
                                "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                                "code": "vital-signs",
                            }
                        ]
                    }
                ],
                "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
                "subject": {"reference": "Patient/p"},
                "valueQuantity": {"value": 72, "unit": "/min"},
            }
        },
    ],
}


def url_of(town: Consortium, home: str) -> str:
    config = (town.run.place / home / "config.toml").read_text()
    return next(line.split('"')[1] for line in config.splitlines() if line.startswith('url = "http'))


def done(town: Consortium, *words: str, home: str) -> Any:
    """The result of a command that must succeed."""
    outcome = town(*words, "--json", home=home)
    assert outcome.code == 0, (words, outcome.out, outcome.err)
    return outcome.result


def address_of(town: Consortium, home: str) -> str:
    return str(done(town, "account", "show", "--offline", home=home)["address"])


def enrol(town: Consortium, patient: str, hospital: str) -> None:
    offer, answer = town.run.place / f"{patient}-offer.json", town.run.place / f"{patient}-answer.json"
    done(town, "enrol", "offer", "--out", str(offer), home=hospital)
    done(town, "enrol", "answer", str(offer), "--out", str(answer), home=patient)
    town.sent("enrol", "accept", str(answer), "--identity-checked", home=hospital)


def upload(town: Consortium) -> list[str]:
    chart = town.run.place / "chart.json"
    chart.write_text(json.dumps(CHART))
    leaves = town.sent("record", "upload", address_of(town, "alice"), str(chart), home="city").result["leaves"]
    confirm(town)
    town.sent("sync", home="alice")
    return list(leaves)


def confirm(town: Consortium) -> None:
    for name in HOSPITALS[1:]:
        done(town, "record", "check", home=name)
    assert all(period["confirmed"] for period in town.sent("record", "confirm", home="city").result["periods"])


def height(town: Consortium) -> int:
    return town.anvil.rpc.block("latest").number


def asked(town: Consortium) -> str:
    words = ("--gateway", "city", "--category", "vital-signs", "--purpose", "TREAT", "--days", "20", "--why", "A visit")
    return str(town.sent("request", "open", address_of(town, "alice"), *words, home="hill").result["request"]["id"])


def granted(town: Consortium, *more: str, days: int = 90) -> str:
    words = ("consent", "grant", "hill", "--category", "vital-signs", "--purpose", "TREAT", "--days", str(days))
    return str(town.sent(*words, *more, home="alice").result["consent"]["id"])
