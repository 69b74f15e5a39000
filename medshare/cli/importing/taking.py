"""Taking in: one command for each format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medshare.cli.frame.command import command
from medshare.cli.frame.session import Session
from medshare.cli.importing import app
from medshare.cli.importing.checking import check as check_mapping
from medshare.cli.importing.results import Imported, Replayed
from medshare.cli.importing.work import Run, take, take_again
from medshare.cli.record.writing import Validators
from medshare.migration.formats import CCDA, CSV, DICOM, FHIR, HL7V2, Choices

Source = Annotated[Path, typer.Argument(help="A file, or a folder with all below it.")]
SourceOrId = Annotated[
    Path, typer.Argument(help="A file, or a folder with all below it; with --server, the id of a patient there.")
]
ServerUrl = Annotated[str | None, typer.Option("--server", help="The base address of a FHIR R4 server to read from.")]
TokenFd = Annotated[
    int | None, typer.Option("--token-fd", help="A file descriptor that gives the server's bearer token.")
]
Patients = Annotated[
    Path | None,
    typer.Option("--patients", help="A CSV file with the columns system, value, address: who has which identifier."),
]
OnePatient = Annotated[
    str | None, typer.Option("--patient", help="The address of the one patient whom everything is about.")
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, max=64, help="Processes that convert; by default one per processor.")
]


Mapping = Annotated[Path, typer.Option("--mapping", help="What the columns mean: a TOML file.")]
TableMapping = Annotated[Path | None, typer.Option("--mapping", help="What the columns of tables mean: a TOML file.")]
Zone = Annotated[
    str,
    typer.Option("--zone", help="Of times without a zone: a name such as Europe/Paris, or an offset such as +02:00."),
]
Check = Annotated[
    bool, typer.Option("--check", help="Only see whether the mapping is right and fits the headers of the tables.")
]
Codes = Annotated[Path | None, typer.Option("--codes", help="What local codes mean: a CSV or TOML file.")]


@command(
    app,
    sends=True,
    examples=(
        "medshare import fhir export/ --patients patients.csv --dry-run",
        "medshare import fhir export/ --patients patients.csv --yes",
        "medshare import fhir anna.json.gz --patient 0x3c44…93bc --yes",
        "medshare import fhir 4711 --server https://fhir.hospital.example/r4 --token-fd 3 --patient 0x3c44…93bc --yes",
    ),
)
def fhir(
    session: Session,
    source: SourceOrId,
    patients: Patients = None,
    patient: OnePatient = None,
    zone: Zone = "",
    codes: Codes = None,
    server: ServerUrl = None,
    token_fd: TokenFd = None,
    validator: Validators = None,
    workers: Workers = None,
) -> Imported:
    """Take in FHIR R4: Bundles, single resources and lines (NDJSON), packed with gzip or not.

    What belongs to a patient is split into documents, sealed to her, and anchored with many others. What cannot be
    stored goes to the quarantine, and the rest goes on. Interrupted at any point, the same command goes on where it
    was; run again, it changes nothing. It ends with 0, also when something is in quarantine; with 2 when all of it is.

    With --dry-run everything is read and split, and nothing is written.
    """
    choices = Choices(zone=zone, codes=codes, server=server, token_fd=token_fd)
    return take(
        session, FHIR, source, choices, Run(patients=patients, patient=patient, validator=validator, workers=workers)
    )


@command(app, sends=True, examples=("medshare import hl7v2 messages/ --patients patients.csv --zone +01:00 --yes",))
def hl7v2(
    session: Session,
    source: Source,
    patients: Patients = None,
    patient: OnePatient = None,
    zone: Zone = "",
    codes: Codes = None,
    validator: Validators = None,
    workers: Workers = None,
) -> Imported:
    """Take in HL7 v2 messages by HL7's v2-to-FHIR guide; each is kept as it came beside what was made of it.

    Otherwise as medshare import fhir.
    """
    choices = Choices(zone=zone, codes=codes)
    return take(
        session, HL7V2, source, choices, Run(patients=patients, patient=patient, validator=validator, workers=workers)
    )


@command(app, sends=True, examples=("medshare import ccda documents/ --patients patients.csv --yes",))
def ccda(
    session: Session,
    source: Source,
    patients: Patients = None,
    patient: OnePatient = None,
    zone: Zone = "",
    codes: Codes = None,
    validator: Validators = None,
    workers: Workers = None,
) -> Imported:
    """Take in C-CDA documents by HL7's C-CDA-on-FHIR guide; each is kept as it came beside what was made of it.

    Otherwise as medshare import fhir.
    """
    choices = Choices(zone=zone, codes=codes)
    return take(
        session, CCDA, source, choices, Run(patients=patients, patient=patient, validator=validator, workers=workers)
    )


@command(
    app,
    sends=True,
    examples=(
        "medshare import csv lab.csv --mapping lab.toml --check",
        "medshare import csv lab.csv --mapping lab.toml --patients patients.csv --yes",
    ),
)
def csv(
    session: Session,
    source: Source,
    mapping: Mapping,
    patients: Patients = None,
    patient: OnePatient = None,
    zone: Zone = "",
    codes: Codes = None,
    validator: Validators = None,
    workers: Workers = None,
    *,
    check: Check = False,
) -> Imported:
    """Take in tables by a mapping file; each row is kept as it came beside what was made of it.

    With --check only the mapping and the headers of the tables are looked at: what is wrong with the mapping, which
    of its columns no table has, which columns it does not name. It ends with 2 when an import would be refused.

    Otherwise as medshare import fhir.
    """
    if check:
        return check_mapping(mapping, source)
    choices = Choices(mapping=mapping, zone=zone, codes=codes)
    return take(
        session, CSV, source, choices, Run(patients=patients, patient=patient, validator=validator, workers=workers)
    )


@command(app, sends=True, examples=("medshare import dicom studies/ --patients patients.csv --yes",))
def dicom(
    session: Session,
    source: Source,
    patients: Patients = None,
    patient: OnePatient = None,
    zone: Zone = "",
    validator: Validators = None,
    workers: Workers = None,
) -> Imported:
    """Take in DICOM instances, wrapped whole, with an ImagingStudy for each study. Nothing in them is taken out.

    Otherwise as medshare import fhir.
    """
    return take(
        session,
        DICOM,
        source,
        Choices(zone=zone),
        Run(patients=patients, patient=patient, validator=validator, workers=workers),
    )


@command(
    app,
    sends=True,
    examples=(
        "medshare import replay --patients patients.csv --yes",
        "medshare import replay 3f9a --mapping lab.toml --yes",
    ),
)
def replay(
    session: Session,
    entries: Annotated[list[str] | None, typer.Argument(help="The begins of ids; by default everything.")] = None,
    patients: Patients = None,
    patient: OnePatient = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="What the columns of tables mean: a TOML file.")
    ] = None,
    zone: Zone = "",
    codes: Codes = None,
    validator: Validators = None,
    workers: Workers = None,
) -> Replayed:
    """Take in again what is in the quarantine, corrected there or in the list of patients; what arrives leaves it."""
    choices = Choices(mapping=mapping, zone=zone, codes=codes)
    return take_again(
        session, entries or [], choices, Run(patients=patients, patient=patient, validator=validator, workers=workers)
    )
