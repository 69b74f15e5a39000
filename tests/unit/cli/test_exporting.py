"""What an export says of itself: how many documents, which are missing, and an exit code for that."""

from __future__ import annotations

import io

import pytest

from medshare.cli.access.reading import ReadResult
from medshare.cli.export import Exported
from medshare.cli.frame.page import Page

LEAF = "0x" + "9c" * 32


def shown(result: Exported | ReadResult, language: str) -> str:
    target = io.StringIO()
    result.show(Page(language, target))
    return target.getvalue()


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
@pytest.mark.parametrize("missing", [{}, {LEAF: "store.full"}])
def test_what_is_missing_is_named_by_leaf_and_reason_and_has_an_exit_code(language: str, missing: dict[str, str]):
    """[F-002]"""
    exported = Exported(
        place="mine", files=9, bytes=1234, listed=5, received=5 - len(missing), missing=missing, proven=True
    )
    read = ReadResult(
        consent=bytes(32),
        patient="0x" + "11" * 20,
        listed=5,
        documents=(),
        assembled="read.json" if missing else "",
        missing=missing,
    )
    for result in (exported, read):
        assert result.exit_code == (5 if missing else 0)
        text = shown(result, language)
        assert (LEAF[:18] in text) is bool(missing)
        assert ("store.full" in text) is bool(missing)
    assert "1,234" in shown(exported, language)
    assert ("read.json" in shown(read, language)) is bool(missing)
