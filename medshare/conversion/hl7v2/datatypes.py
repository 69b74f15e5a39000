"""Data types of HL7 v2 as data types of FHIR: the data type maps of HL7's v2-to-FHIR guide, by their names.

Each function takes one repetition of a field and returns the FHIR value, or nothing when it says none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from medshare.conversion.hl7v2 import vocabulary
from medshare.conversion.hl7v2.scene import Scene
from medshare.conversion.hl7v2.syntax import Value
from medshare.conversion.hl7v2.times import Moment, read_clock, read_moment
from medshare.conversion.language_tags import TAGS, known_tag, named_tag
from medshare.intake import Numeral

Element: TypeAlias = dict[str, Any]
Converter: TypeAlias = Callable[[Value, Scene, str], Any]
"""One repetition, the state, and the concept map of the guide that its codes go through (or nothing)."""

ALTERNATE_CODES: Final = "http://hl7.org/fhir/StructureDefinition/alternate-codes"
_CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
_CODE: Final = re.compile(r"\S+(?: \S+)*")
_DECIMAL: Final = re.compile(r"([+\-]?)(\d*)(?:\.(\d*))?", re.ASCII)
_DIGITS: Final = 40
"""Longest number; intake takes 64 characters."""
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def without_empty(**members: Any) -> Element:
    """Return the members that hold something."""
    return {name: value for name, value in members.items() if value not in ("", None, [], {})}


# Text, numbers and times


def string(value: Value, _scene: Scene, _map: str) -> str | None:
    """ST, TX, FT, ID, IS -> string."""
    return value.whole() or None


def first_part(value: Value, _scene: Scene, _map: str) -> str | None:
    """The first component as a string, where senders write more than one into a plain field."""
    return value.part(1) or None


def boolean(value: Value, _scene: Scene, _map: str) -> bool | None:
    """ID[boolean], HL7 table 0136."""
    return {"Y": True, "N": False}.get(value.part(1).upper())


def numeral(text: str) -> Numeral | None:
    """Return the number of an NM with its precision (v2.8 chapter 2A.2.46), or nothing."""
    found = _DECIMAL.fullmatch(text.strip())
    if not found or len(text) > _DIGITS:
        return None
    sign, whole, fraction = found.groups()
    if not whole and not fraction:
        return None
    minus = "-" if sign == "-" else ""
    return Numeral(f"{minus}{whole.lstrip('0') or '0'}" + (f".{fraction}" if fraction else ""))


def decimal(value: Value, _scene: Scene, _map: str) -> Numeral | None:
    """NM -> decimal."""
    return numeral(value.part(1))


def positive_integer(value: Value, _scene: Scene, _map: str) -> int | None:
    """NM[positiveInt]."""
    text = value.part(1)
    return int(text) or None if text.isascii() and text.isdecimal() and len(text) < 10 else None


def moment(value: Value, scene: Scene, component: int = 1) -> Moment | None:
    """Return the moment that a component says; a time of day that cannot be said for lack of a zone is told."""
    text = value.part(component)
    found = read_moment(text, zone=scene.zone)
    if found and found.clock and not found.zone:
        scene.tell(
            "warning",
            scene.path_of(value),
            "time-without-zone",
            "This time has no zone; only its date is in FHIR.",
            "Name the zone of the sender in the call, or let the sender write it in MSH-7.",
        )
    return found


def date_time(value: Value, scene: Scene, _map: str) -> str | None:
    """DTM[dateTime], TS[dateTime]."""
    found = moment(value, scene)
    return found.text() if found else None


def date(value: Value, _scene: Scene, _map: str) -> str | None:
    """DT, DTM[date]."""
    found = read_moment(value.part(1))
    return found.day if found else None


def instant(value: Value, scene: Scene, _map: str) -> str | None:
    """DTM[instant]: FHIR has no instant without a time and a zone."""
    found = moment(value, scene)
    return found.text() if found and found.clock and found.zone else None


def clock(value: Value, _scene: Scene, _map: str) -> str | None:
    """TM -> time."""
    return read_clock(value.part(1))


def period(value: Value, scene: Scene, _map: str, components: tuple[int, int] = (1, 2)) -> Element | None:
    """DR[Period]."""
    start, end = (moment(value, scene, component) for component in components)
    return without_empty(start=start.text() if start else "", end=end.text() if end else "") or None


# Codes


def coding(
    scene: Scene, code: str, display: str, system: str, version: str = "", oid: str = "", *, field: str = ""
) -> Element | None:
    """CWE[Coding] from its components; nothing when there is no code that FHIR could hold.

    A code without a system is one of its `field` (`Scene.field_of`).
    """
    if not _CODE.fullmatch(code):
        return None
    if url := vocabulary.system_url(system, code=code, oid=oid, authority=scene.authority):
        return without_empty(system=url, version=version, code=code, display=display)
    url = vocabulary.unnamed_system_url(field, code, authority=scene.authority) if field else ""
    return without_empty(system=url, code=code, display=display)


def table_coding(scene: Scene, code: str, table: str) -> Element | None:
    """ID[Coding], IS[Coding] of an HL7 table; a code that the table does not have is the sender's, and its own name."""
    found = coding(scene, code, "", table)
    if found and not found["system"].startswith(vocabulary.V2):
        found["display"] = code
    return found


def concept(value: Value, scene: Scene, concept_map: str) -> Element | None:
    """CE, CWE, CNE, CF, IS, ID -> CodeableConcept: what the map says first, then the original codings and its text.

    An original without a coding system says no more than its target does; it is the text where there is none.
    """
    codings: list[Element] = []
    field = scene.field_of(value)
    for numbers in ((1, 2, 3, 7, 14), (4, 5, 6, 8, 17), (10, 11, 12, 13, 20)):
        parts = [value.part(component) for component in numbers]
        target = vocabulary.look_up(concept_map, parts[0]) if concept_map and parts[0] else None
        if target:
            codings.append(without_empty(**target._asdict()))
        original = coding(scene, *parts, field=field)
        if original and not (target and not (parts[2] or parts[4])):
            codings.append(original)
    unique = [item for number, item in enumerate(codings) if item not in codings[:number]]
    text = value.part(9) or value.part(2) or value.part(5) or value.part(11)
    if not text and (not unique or not value.part(3)):
        text = value.part(1) or value.part(4)
    return without_empty(coding=unique, text=text) or None


def language(value: Value, scene: Scene, _map: str) -> Element | None:
    """CWE[CodeableConcept] by PrimaryLanguage: FHIR takes tags of BCP 47 only; other codes stand beside them."""
    tags: list[Element] = []
    others: list[Element] = []
    for numbers in ((1, 2, 3), (4, 5, 6)):
        code, words, system = (value.part(component) for component in numbers)
        named = vocabulary.system_url(system, authority=scene.authority) == TAGS
        if tag := named_tag(code) if named else known_tag(code):
            tags.append(without_empty(system=TAGS, code=tag, display=words))
        elif original := coding(scene, code, words, system, field=scene.field_of(value)):
            others.append(original)
    text = value.part(9) or value.part(2) or value.part(5) or value.part(1) or value.part(4)
    beside = [{"url": ALTERNATE_CODES, "valueCodeableConcept": {"coding": others, "text": text}}] if others else []
    return without_empty(extension=beside, coding=tags, text=text) or None


def one_coding(value: Value, scene: Scene, concept_map: str) -> Element | None:
    """CWE[Coding]."""
    found = concept(value, scene, concept_map)
    return worded_codings(found)[0] if found else None


def worded_codings(concept_of: Element) -> list[Element]:
    """Return the codings of a concept as they stand alone: with its text, where they have no words; never none."""
    text = without_empty(display=concept_of.get("text"))
    return [text | item for item in concept_of.get("coding", [{}])]


def code(value: Value, _scene: Scene, concept_map: str) -> str | None:
    """CWE[code], ID[code]: only what the concept map says."""
    target = vocabulary.look_up(concept_map, value.part(1))
    return target.code if target else None


# Identifiers


def authority(value: Value, component: int) -> str:
    """HD[uri] of a component."""
    return vocabulary.authority_uri(*(value.sub(component, inner) for inner in (1, 2, 3)))


def identifier_type(kind: str, scene: Scene) -> Element:
    """ID[CodeableConcept] for HL7 table 0203."""
    found = table_coding(scene, kind, "HL70203")
    return {"coding": [found]} if found else {}


def _check_digit(value: Value, digit: int, scheme: int) -> list[Element]:
    found = (("identifier-checkDigit", value.part(digit)), ("namingsystem-checkDigit", value.part(scheme)))
    return [{"url": _CORE + name, "valueString": text} for name, text in found if text]


def identifier(value: Value, scene: Scene, _map: str) -> Element | None:
    """CX[Identifier]."""
    number = value.part(1)
    if not number:
        return None
    facility = value.sub(6, 1)
    return without_empty(
        extension=_check_digit(value, 2, 3),
        type=identifier_type(value.part(5), scene),
        system=authority(value, 4),
        value=number,
        period=period(value, scene, "", (7, 8)),
        assigner={"display": facility} if facility else None,
    )


def entity_identifier(value: Value, _scene: Scene, _map: str) -> Element | None:
    """EI[Identifier-Extension], EI[Identifier-DefaultAssigner]."""
    number = value.part(1)
    system = vocabulary.authority_uri(value.part(2), value.part(3), value.part(4))
    return without_empty(system=system, value=number) if number else None


def _inner_entity(value: Value, scene: Scene, component: int, kind: str) -> Element | None:
    number = value.sub(component, 1)
    system = vocabulary.authority_uri(*(value.sub(component, inner) for inner in (2, 3, 4)))
    return without_empty(type=identifier_type(kind, scene), system=system, value=number) if number else None


def placer_identifier(value: Value, scene: Scene, _map: str) -> Element | None:
    """EIP[Identifier-PlacerAssignedIdentifier], or the filler's where there is no placer's."""
    return _inner_entity(value, scene, 1, "PLAC") or _inner_entity(value, scene, 2, "FILL")


def group_identifier(value: Value, scene: Scene, _map: str) -> Element | None:
    """EI or EIP of ORC-4 -> Identifier of the group."""
    inner = _inner_entity(value, scene, 1, "")
    if inner:  # the guide's type PGN is not in the table that FHIR R4 came with
        inner = {"type": {"text": "placer group number"}} | inner
    if inner and "system" not in inner:
        system = vocabulary.authority_uri(value.part(2), value.part(3), value.part(4))
        inner |= without_empty(system=system)
    return inner


def filler_identifier(value: Value, scene: Scene, _map: str) -> Element | None:
    """EIP[Identifier-FillerAssignedIdentifier]."""
    return _inner_entity(value, scene, 2, "FILL")


def driving_license(value: Value, scene: Scene, _map: str) -> Element | None:
    """DLN[Identifier]."""
    number, issuer, expiry = value.part(1), value.part(2), read_moment(value.part(3))
    if not number:
        return None
    return without_empty(
        type=identifier_type("DL", scene),
        system=vocabulary.local_uri("driver-license", issuer) if issuer else "",
        value=number,
        period={"end": expiry.day} if expiry else None,
    )


def plain_identifier(value: Value, _scene: Scene, _map: str) -> Element | None:
    """ST[Identifier]: a number whose system the rule names."""
    text = value.part(1)
    return {"value": text} if text else None


# Names, addresses, telephones


def _use(concept_map: str, kind: str) -> str:
    target = vocabulary.look_up(concept_map, kind)
    return target.code if target else ""


def human_name(value: Value, scene: Scene, _map: str, shift: int = 0) -> Element | None:
    """XPN[HumanName]; XCN has the same components, one later (`shift`)."""
    family = value.sub(1 + shift, 1)
    given = [part for part in (value.part(2 + shift), value.part(3 + shift)) if part]
    # XPN.6 and XCN.7 are the degree until 2.x says otherwise; XPN.14 and XCN.21 the professional suffix.
    suffixes = [value.part(number) for number in (4 + shift, 6 + shift, 21 if shift else 14)]
    kind, order, bounds = (10, 18, (19, 20)) if shift else (7, 11, (12, 13))
    partner = value.sub(1 + shift, 5)
    extensions = [{"url": _CORE + "humanname-partner-name", "valueString": partner}] if partner else []
    validity = value.inside(17 if shift else 10)
    assembly = value.part(order)
    name = without_empty(
        family=family,
        given=given,
        prefix=[part] if (part := value.part(5 + shift)) else [],
        suffix=[part for part in suffixes if part],
    )
    if not name:
        return None
    if extensions and family:
        name["_family"] = {"extension": extensions}
    if assembly in {"F", "G"}:
        name["extension"] = [
            {"url": _CORE + "humanname-assembly-order", "valueCode": f"NL{1 if assembly == 'G' else 2}"}
        ]
    name |= without_empty(
        use=_use("NameType", value.part(kind)),
        period=period(value, scene, "", bounds) or (period(validity, scene, "") if validity else None),
    )
    return name


def name_text(value: Value, scene: Scene, _map: str) -> str | None:
    """XPN[string]."""
    name = human_name(value, scene, "")
    return spoken(name) if name else None


def spoken(name: Element) -> str:
    """Return a name as a person would write it."""
    return " ".join([*name.get("prefix", []), *name.get("given", []), name.get("family", ""), *name.get("suffix", [])])


def address(value: Value, scene: Scene, _map: str) -> Element | None:
    """XAD[Address]."""
    lines = [value.sub(1, 1), value.part(2), value.part(19)]
    street = " ".join(part for part in (value.sub(1, 3), value.sub(1, 2)) if part)
    if street and street not in lines[0]:
        lines.insert(1, street)
    kind = value.part(7)
    lines = [line for line in lines if line]
    found = without_empty(
        use=_use("AddressType[Use]", kind),
        type=_use("AddressType[Type]", kind),
        line=lines,
        city=value.part(3),
        district=value.part(9),
        state=value.part(4),
        postalCode=value.part(5),
        country=value.part(6),
        period=period(value, scene, "", (13, 14)),
    )
    if not found.keys() - {"use", "type"}:
        return None
    if tract := value.part(10):  # the extension is one of a line
        extension = {"url": _CORE + "iso21090-ADXP-censusTract", "valueString": tract}
        found["_line"] = [{"extension": [extension]}, *(None for _ in lines[1:])]
    if kind and not {"use", "type"} & found.keys() and (original := table_coding(scene, kind, "HL70190")):
        extensions = [{"url": ALTERNATE_CODES, "valueCodeableConcept": {"coding": [original]}}]
        found = {"extension": extensions, **found}
    return found


def contact_point(value: Value, scene: Scene, concept_map: str) -> Element | None:
    """XTN[ContactPoint]; `concept_map` is here the use where the number says none."""
    use_code, equipment, mail = value.part(2), value.part(3), value.part(4)
    country, area, local, extension = (value.part(number) for number in (5, 6, 7, 8))
    number = value.part(1)
    if not number and mail:
        number = mail
    if not number:
        number = value.part(12)
    if not number and local:
        number = " ".join(part for part in (f"+{country.removeprefix('+')}" if country else "", area, local) if part)
        number += f" X{extension}" if extension else ""
    if not number:
        return None
    target = vocabulary.look_up("TelecommunicationEquipmentType", equipment)
    system = target.code if target else ""
    if not system or (use_code.upper() == "NET" and not equipment):
        system = "email" if _EMAIL.fullmatch(number) or use_code.upper() == "NET" else (system or "phone")
    use = _use("TelecommunicationUseCode", use_code) or ("" if use_code else concept_map)
    if equipment.upper() == "CP":
        use = "mobile"
    parts = (("country", country), ("area", area), ("local", local), ("extension", extension))
    extensions: list[Element] = [
        {"url": f"{_CORE}contactpoint-{name}", "valueString": text} for name, text in parts if text
    ]
    if use_code and not use and (original := table_coding(scene, use_code, "HL70201")):
        extensions.append({"url": ALTERNATE_CODES, "valueCodeableConcept": {"coding": [original]}})
    found = without_empty(
        extension=extensions,
        system=system,
        value=number,
        use=use,
        rank=positive_integer(value.inside(18), scene, ""),
        period=period(value, scene, "", (13, 14)),
    )
    if note := value.part(9):
        found.setdefault("extension", []).append({"url": _CORE + "contactpoint-comment", "valueString": note})
    return found


# Quantities


def quantity(number: str, unit: Value | None, scene: Scene) -> Element | None:
    """NM[Quantity] with CWE[Quantity]."""
    amount = numeral(number)
    if amount is None:
        return None
    return {"value": amount, **(unit_of(unit, scene) if unit else {})}


def unit_of(value: Value, scene: Scene) -> Element:
    """CWE[Quantity]: unit, system and code; a code without a system is only a unit."""
    unit_code, text, system = value.part(1), value.part(2), value.part(3)
    original = coding(scene, unit_code, "", system) if system else None
    found = without_empty(unit=text or unit_code)
    if original and "system" in original:
        found |= {"system": original["system"], "code": original["code"]}
    return found


def composite_quantity(value: Value, scene: Scene, _map: str) -> Element | None:
    """CQ[Quantity]."""
    units = value.inside(2)
    return quantity(value.part(1), units or None, scene)


def comment(value: Value, _scene: Scene, _map: str) -> Element | None:
    """ST, FT, TX, CWE -> Annotation."""
    text = value.whole()
    return {"text": text} if text else None


def concept_text(value: Value, _scene: Scene, _map: str) -> Element | None:
    """ST[CodeableConcept]."""
    text = value.part(2) or value.whole()
    return {"text": text} if text else None
