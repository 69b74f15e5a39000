"""A folder is imported on a chain, in a town of its own: what others do to Alice's consents is not asked here."""

from __future__ import annotations

from tests.integration.cli.consortium import Consortium
from tests.integration.cli.errands import address_of, confirm, done, height


def test_a_folder_is_imported_confirmed_and_not_imported_again(town: Consortium):
    """[J-001, J-004]"""
    folder = town.run.place / "export"
    folder.mkdir()
    (folder / "chart.json").write_text(
        (town.run.place / "chart.json").read_text().replace('"value": 72', '"value": 64')
    )
    (folder / "broken.json").write_text("{")
    words = ("import", "fhir", str(folder), "--patient", address_of(town, "alice"), "--workers", "1")
    before = height(town)
    assert (town(*words, home="city").code, height(town)) == (2, before), "without --yes nothing is sent"
    first = town.sent(*words, home="city").result
    assert first["counts"] == {"read": 3, "stored": 2, "quarantined": 1, "duplicate": 0}
    assert first["documents"] > 0
    confirm(town)
    again = town.sent(*words, home="city").result
    assert again["counts"] == {"read": 3, "stored": 0, "quarantined": 1, "duplicate": 2}
    assert done(town, "import", "report", home="city")["run"] == again["run"] == 2
    assert done(town, "import", "quarantine", home="city")["items"] == 1
