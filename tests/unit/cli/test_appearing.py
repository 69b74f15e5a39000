"""A folder appears whole under its name, or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from medshare.cli.frame.appearing import appear, check_free
from medshare.cli.frame.errors import FileKept, HomeUnwritable
from medshare.cli.frame.home import Home

FILES = {"index.html": b"hello", "fhir/Patient.ndjson": b"{}\n"}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_and_its_files_are_the_owners_alone(tmp_path: Path):
    """[F-005]"""
    appear(tmp_path / "mine", FILES)
    for name, data in FILES.items():
        assert (tmp_path / "mine" / name).read_bytes() == data
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "mine").rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "mine", tmp_path / "mine" / "fhir")}
    assert (modes, folders) == ({0o600}, {0o700})
    assert names(tmp_path) == ["mine"]


def test_an_empty_folder_may_be_there_and_nothing_else(tmp_path: Path):
    """[F-005]"""
    (tmp_path / "empty").mkdir()
    appear(tmp_path / "empty", FILES)
    for there in ("empty", "file", "link"):
        if there == "file":
            (tmp_path / there).write_text("kept")
        if there == "link":
            (tmp_path / there).symlink_to(tmp_path / "nowhere")
        with pytest.raises(FileKept):
            appear(tmp_path / there, {"a": b"other"})
    assert (tmp_path / "empty" / "index.html").read_bytes() == b"hello"
    assert (tmp_path / "file").read_text() == "kept"
    assert names(tmp_path) == ["empty", "file", "link"]


def test_what_comes_in_between_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """[F-005] Two exports at once: the second one fails, and the first one's files stay."""
    monkeypatch.setattr("medshare.cli.frame.appearing.check_free", lambda _: None)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept").write_text("kept")
    (tmp_path / "file").write_text("kept")
    for name in ("full", "file"):
        with pytest.raises(FileKept):
            appear(tmp_path / name, FILES)
    assert names(tmp_path) == ["file", "full"]
    assert names(tmp_path / "full") == ["kept"]


def test_an_interrupted_one_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """[F-005]"""
    write = Home.write

    def stop(home: Home, name: str, data: bytes) -> Path:
        if name != "index.html":
            raise KeyboardInterrupt
        return write(home, name, data)

    monkeypatch.setattr(Home, "write", stop)
    with pytest.raises(KeyboardInterrupt):
        appear(tmp_path / "mine", FILES)
    assert names(tmp_path) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeUnwritable):
        appear(tmp_path / "file" / "below", FILES)

    def fail(_: object, __: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.rename", fail)
    with pytest.raises(HomeUnwritable, match="No space left"):
        appear(tmp_path / "mine", FILES)
    assert names(tmp_path) == ["file"]


def test_a_free_place_is_free(tmp_path: Path):
    check_free(tmp_path / "new")
    check_free(tmp_path)
