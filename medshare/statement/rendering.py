"""From numbers to words and back: `parse(render(facts)) == facts`, in every language.

What is seen is what is signed: a text is accepted only if rendering its own numbers again gives
the same text, to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Final, NoReturn, TypeVar

from medshare.consent.actions import Action
from medshare.consent.categories import CATEGORIES, FOLDERS, Category
from medshare.consent.document import nonce_of
from medshare.consent.names import action_name, category_name, purpose_name
from medshare.consent.purposes import PURPOSES, codes_of, mask_of
from medshare.hexadecimal import ZERO_32, Address, to_hex
from medshare.statement.errors import NotAStatement
from medshare.statement.facts import Folder, Party, StatementFacts, check_bundle, check_custodians
from medshare.statement.words import NEWEST, Words, words_of

_HEADER: Final = re.compile(r"(MEDSHARE-[A-Z0-9-]{1,32}) ([A-Za-z-]{1,16})")
_TIME: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) UTC")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BYTES32: Final = "0x[0-9a-f]{64}"

Parsed = TypeVar("Parsed")


def render(facts: StatementFacts, language: str, *, custodians: Collection[Address], template: str = NEWEST) -> str:
    """Return the statement of `facts`: UTF-8 text in NFC, LF between lines and none at the end.

    `custodians` are the accounts that keep the patient's capsules; none of them may be the grantee.

    Raises:
        UnknownTemplate: No such template in `language`.
        RefusedError: A bundle that `check_bundle` refuses, or the grantee is a custodian.
        PurposesNotClosed, BadPurposes: The purposes are no closed mask.
    """
    words = words_of(template, language)
    check_custodians(facts.grantee.account, custodians)
    check_bundle(facts)
    return _render(facts, words, template, language)


def parse(text: str) -> StatementFacts:
    """Return the numbers of a statement, which must be what its template renders, to the letter.

    Raises:
        StatementForm: The text's outer form.
        UnknownTemplate: Its first line names no known template and language.
        NotAStatement: Anything that `render` would not have written.
        RefusedError, InputError: A bundle or a value that `render` would have refused.
    """
    nonce = nonce_of(text)
    lines = _Lines(text)
    header = _HEADER.fullmatch(lines.line())
    if header is None:
        _refuse("its first line names no template")
    template, language = header.groups()
    words = words_of(template, language)
    lines.expect(words.title)
    patient = lines.value(words.patient)
    grantee = Party(
        name=lines.value(words.grantee),
        account=lines.value(words.grantee_account),
        record=_bytes(lines.value(words.grantee_record)),
    )
    researcher = None
    if lines.sees(words.researcher):
        researcher = Party(
            name=lines.value(words.researcher),
            account=lines.value(words.researcher_account),
            record=_bytes(lines.value(words.researcher_record)),
        )
        lines.expect(words.researcher_how)
    lines.expect(words.what)
    categories = _known({_category(c, words, language): c for c in CATEGORIES}, lines)
    folders = tuple(_folder(line, words, language) for line in lines.items())
    lines.expect(words.why)
    purposes = _known({_purpose(code, words, language): code for code in PURPOSES}, lines)
    lines.expect(words.may)
    actions = _known({_action(action, language): action for action in Action}, lines)
    facts = StatementFacts(
        patient=patient,
        grantee=grantee,
        researcher=researcher,
        categories=tuple(categories),
        folders=folders,
        purposes=mask_of(purposes),
        actions=reduce(or_, actions, Action(0)),
        not_before=_seconds(lines.value(words.not_before)),
        not_after=_seconds(lines.value(words.not_after).removesuffix(words.not_after_end)),
        issued_at=_seconds(lines.value(words.issued_at)),
        request=_bytes(lines.value(words.request)) if lines.sees(words.request) else ZERO_32,
        nonce=nonce,
    )
    check_bundle(facts)
    if _render(facts, words, template, language) != text:  # [S-001]
        _refuse("its words differ from those of the template")
    return facts


def language_of(text: str) -> str:
    """Return the language that a statement's first line names.

    Raises:
        NotAStatement: It names none.
    """
    header = _HEADER.fullmatch(text.partition("\n")[0])
    if header is None:
        _refuse("its first line names no template")
    return header.group(2)


def _render(facts: StatementFacts, words: Words, template: str, language: str) -> str:
    lines = [
        f"{template} {language}",
        words.title,
        words.patient + facts.patient,
        words.grantee + facts.grantee.name,
        words.grantee_account + facts.grantee.account,
        words.grantee_record + to_hex(facts.grantee.record),
    ]
    if facts.researcher is not None:
        lines += [
            words.researcher + facts.researcher.name,
            words.researcher_account + facts.researcher.account,
            words.researcher_record + to_hex(facts.researcher.record),
            words.researcher_how,
        ]
    lines.append(words.what)
    lines += [_category(category, words, language) for category in facts.categories]
    for folder in facts.folders:
        form = words.folder_sensitive if folder.sensitive else words.folder
        lines.append(
            form.format(
                name=category_name(folder.number, language),
                documents=folder.documents,
                first=folder.first.isoformat(),
                last=folder.last.isoformat(),
                leaves=to_hex(folder.leaves),
            )
        )
    lines.append(words.why)
    lines += [_purpose(code, words, language) for code in codes_of(facts.purposes)]
    lines.append(words.may)
    lines += [_action(action, language) for action in Action if action & facts.actions]
    lines += [
        words.not_before + _moment(facts.not_before),
        words.not_after + _moment(facts.not_after) + words.not_after_end,
        words.issued_at + _moment(facts.issued_at),
        words.no_request if facts.request == ZERO_32 else words.request + to_hex(facts.request),
        *_enforced(facts, words),
        *_promised(facts, words),
        facts.nonce.hex(),
    ]
    return "\n".join(lines)


def _enforced(facts: StatementFacts, words: Words) -> tuple[str, ...]:
    writing = facts.actions == Action.WRITE
    return (words.enforced, words.enforced_writing if writing else words.enforced_reading, *words.enforced_always)


def _promised(facts: StatementFacts, words: Words) -> tuple[str, ...]:
    if facts.actions == Action.WRITE:
        return (words.promised, words.promised_writing)
    copies = words.promised_export if facts.actions & Action.EXPORT else words.promised_no_export
    lines = [words.promised, words.promised_purpose, copies]
    if facts.actions & Action.DEIDENTIFIED:
        lines.append(words.promised_deidentified)
    if facts.actions & Action.AGGREGATE:
        lines.append(words.promised_aggregate)
    return tuple(lines)


def _category(category: Category, words: Words, language: str) -> str:
    return words.category.format(name=category_name(category, language), number=int(category))


def _purpose(code: str, words: Words, language: str) -> str:
    return words.purpose.format(name=purpose_name(code, language), code=code)


def _action(action: Action, language: str) -> str:
    return f"- {action_name(action, language)}"


def _moment(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S UTC")


def _seconds(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None:
        _refuse("a time is not of the form 2030-12-31 23:59:59 UTC")
    year, month, day, hour, minute, second = (int(part) for part in match.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        _refuse("a time is not in the calendar")
    return (moment - _EPOCH) // timedelta(seconds=1)


def _folder(line: str, words: Words, language: str) -> Folder:
    for number in FOLDERS:
        for sensitive, form in ((False, words.folder), (True, words.folder_sensitive)):
            pattern = re.escape(form).replace(r"\{", "{").replace(r"\}", "}")
            match = re.fullmatch(
                pattern.format(
                    name=re.escape(category_name(number, language)),
                    documents="([1-9][0-9]{0,9})",
                    first="([0-9]{4}-[0-9]{2}-[0-9]{2})",
                    last="([0-9]{4}-[0-9]{2}-[0-9]{2})",
                    leaves=f"({_BYTES32})",
                ),
                line,
            )
            if match is not None:
                documents, first, last, leaves = match.groups()
                return Folder(
                    number=number,
                    documents=int(documents),
                    first=_day(first),
                    last=_day(last),
                    leaves=_bytes(leaves),
                    sensitive=sensitive,
                )
    raise NotAStatement(why="a category or folder is not one of the template's")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        _refuse("a day is not in the calendar")


def _bytes(text: str) -> bytes:
    if not re.fullmatch(_BYTES32, text):
        _refuse("a digest is not 0x and 64 lower-case hex digits")
    return bytes.fromhex(text[2:])


def _known(table: dict[str, Parsed], lines: _Lines) -> list[Parsed]:
    """Take the following lines as long as they stand in `table`."""
    found = []
    while lines.peek() in table:
        found.append(table[lines.line()])
    return found


class _Lines:
    """Reads a text line by line; what was not expected is no statement."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._next = 0

    def peek(self) -> str:
        """Return the next line without taking it; empty at the end."""
        return self._lines[self._next] if self._next < len(self._lines) else ""

    def line(self) -> str:
        """Take the next line."""
        line = self.peek()
        self._next += 1
        return line

    def sees(self, label: str) -> bool:
        """Return whether the next line begins with `label`."""
        return self.peek().startswith(label)

    def value(self, label: str) -> str:
        """Take the next line, and return what stands after `label`."""
        if not self.sees(label):
            _refuse(f"a line does not begin with {label!r}")
        return self.line().removeprefix(label)

    def expect(self, line: str) -> None:
        """Take the next line, which must be `line`."""
        if self.line() != line:
            _refuse("a line of the template is missing")

    def items(self) -> list[str]:
        """Take the lines that begin with a dash."""
        found = []
        while self.sees("- "):
            found.append(self.line())
        return found


def _refuse(why: str) -> NoReturn:
    raise NotAStatement(why=why)
