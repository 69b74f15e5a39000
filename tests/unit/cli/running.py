"""Runs a command line in this process, as `medshare` would, with a home of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs

from medshare import cli
from medshare.cli.frame.command import RESULTS, SENDING
from medshare.cli.frame.plan import Plan
from medshare.cli.frame.schema import document_schema
from medshare.cli.tree import NOUNS, load

PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def result(self) -> Any:
        """The result in that document."""
        return self.document["result"]


def check_document(document: dict[str, Any]) -> None:
    """Check what a command printed with --json against the schema of that very command."""
    command = document["command"]
    noun = command.partition(" ")[0]
    if noun in NOUNS:
        load(noun)
    if command not in RESULTS:
        assert document["error"]["code"] == "cli.usage"
        return
    schema = document_schema(command, RESULTS[command], Plan if command in SENDING else None)
    jsonschema_rs.validator_for(schema).validate(document)


class Runner:
    """Runs commands for the home at `place`; `with_passphrase` hands one over by a file descriptor."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __call__(self, *words: str, home: str = "home", passphrases: Sequence[str] = ()) -> Outcome:
        arguments = [*words, "--home", str(self.place / home)]
        out, err = io.StringIO(), io.StringIO()
        source = -1
        if passphrases:
            source, sink = os.pipe()
            os.write(sink, "\n".join(passphrases).encode())
            os.close(sink)
            arguments += ["--passphrase-fd", str(source)]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.run(arguments)
        if passphrases:
            os.close(source)
        if "--json" in words:
            check_document(json.loads(out.getvalue()))
        return Outcome(code, out.getvalue(), err.getvalue())

    def init(self, role: str, *more: str, home: str = "home") -> Outcome:
        """Make a home quickly; a patient's words are shown and typed back."""
        words = self.place / f"{home}.words"
        fds: list[int] = []
        options: list[str] = []
        if role == "patient" and "--words-fd" not in more:
            shown = os.open(words, os.O_WRONLY | os.O_CREAT)
            fds = [shown, os.open(words, os.O_RDONLY)]
            options = ["--show-words-fd", str(fds[0]), "--typed-words-fd", str(fds[1])]
            if not {"--recovery", "--no-recovery"} & set(more):
                options.append("--no-recovery")
        done = self("init", role, "--light", *options, *more, home=home, passphrases=[PASSPHRASE])
        for fd in fds:
            os.close(fd)
        return done
