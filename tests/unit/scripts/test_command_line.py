"""The pages about the command line are those of its commands, and every text has its translation."""

from __future__ import annotations

import pytest

from medshare.cli.frame.command import RESULTS, SENDING
from medshare.cli.tree import ALONE, NOUNS, load
from scripts import command_line, messages


def test_the_page_and_the_schemas_are_current():
    assert command_line.main(["--check"]) == 0


def verbs() -> list[tuple[str, object]]:
    return [
        (noun if noun in ALONE else f"{noun} {verb}", command)
        for noun in NOUNS
        for verb, command in ([("", load(noun))] if noun in ALONE else load(noun).commands.items())
    ]


@pytest.mark.parametrize("words", [words for words, _ in verbs()])
def test_every_command_has_json_an_example_and_its_result_described(words: str):
    command = dict(verbs())[words]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--json", "--home", "--network", "--account", "--language", "--passphrase-fd"} <= options
    assert ({"--yes", "--dry-run"} <= options) is (words in SENDING)
    assert "medshare" in (command.epilog or "")
    assert RESULTS[words].__doc__
    assert all(parameter.help for parameter in command.params if parameter.name != "help")


def test_every_text_for_people_is_translated_and_says_the_same_facts():
    """Also every error of every module, and every custom error of a contract: a sentence and a remedy in both languages."""
    assert messages.main(["--check"]) == 0
