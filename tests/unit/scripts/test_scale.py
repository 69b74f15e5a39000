"""Slopes are told apart, what grows is named, and the page is what its readings say."""

from __future__ import annotations

import json

import pytest

from scripts import bench_scale, scale
from scripts.scaling.growth import Kind, Reading, Series, from_json, growing, series_of, slope_of, to_json

SIZES = (1_000, 10_000, 100_000, 1_000_000)


def readings(kind, costs, name="look up"):
    return [
        Reading(engine="vault", name=name, kind=kind, units="rows", unit="ms", n=n, value=value)
        for n, value in zip(SIZES, costs, strict=False)
    ]


def test_the_slope_is_the_power_of_n():
    assert slope_of([(n, 3 * n**0.5) for n in SIZES]).value == pytest.approx(0.5)
    assert slope_of([(n, 3 * n**0.5) for n in SIZES]).error == pytest.approx(0, abs=1e-6)
    assert slope_of([(1_000, 1.0), (10_000, 10.0)]).error is None


@pytest.mark.parametrize(
    ("kind", "costs"),
    [
        (Kind.EACH, (1.0, 1.1, 0.9, 1.0)),
        (Kind.EACH, (1.0, 1.2, 1.4, 1.6)),
        (Kind.EACH, (1.0, 0.5, 0.4, 0.3)),
        (Kind.EACH, (1.0, 2.0)),
        (Kind.TOTAL, (1.0, 10.5, 99.0, 1_020.0)),
        (Kind.COUNT, (54_403.0, 54_403.0, 54_403.0, 54_403.0)),
    ],
)
def test_what_is_flat_or_linear_does_not_grow(kind, costs):
    assert growing(readings(kind, costs)) == []


@pytest.mark.parametrize(
    ("kind", "costs"),
    [
        (Kind.EACH, (1.0, 1.9, 4.1, 8.0)),
        (Kind.EACH, (1.0, 8.0, 1.0, 64.0)),
        (Kind.EACH, (1.0, 5.0)),
        (Kind.TOTAL, (1.0, 20.0, 400.0, 8_000.0)),
        (Kind.COUNT, (54_403.0, 54_403.0, 54_403.0, 54_404.0)),
    ],
)
def test_what_grows_is_named_with_its_slope(kind, costs):
    """Noise is no excuse for a slope that is far too great."""
    (said,) = growing(readings(kind, costs))
    assert said.startswith("vault: look up grows with a slope of ")


def test_readings_come_back_and_fall_into_series():
    made = [*readings(Kind.EACH, (1.0, 2.0)), *readings(Kind.COUNT, (7.0,), "gas")]
    assert from_json(json.loads(json.dumps(to_json(made)))) == made
    assert series_of(made) == [Series(tuple(made[:2])), Series((made[2],))]


def test_the_check_fails_on_readings_that_grow(tmp_path, monkeypatch, capsys):
    place = tmp_path / "scale.json"
    monkeypatch.setattr(bench_scale, "RESULTS", place)
    for costs, code in (((1.0, 1.0, 1.0, 1.0), 0), ((1.0, 10.0, 100.0, 1_000.0), 1)):
        place.write_text(json.dumps({"vault": {"readings": to_json(readings(Kind.EACH, costs))}}))
        assert bench_scale.main(["--check"]) == code
    assert "grows with a slope of 1.00; 1 at 1,000, 1,000 at 1,000,000" in capsys.readouterr().out


def test_the_page_and_its_pictures_are_those_of_the_readings():
    assert scale.main(["--check"]) == 0


def test_a_page_that_was_changed_by_hand_is_found(tmp_path, capsys):
    (tmp_path / "scale.json").write_bytes((scale.DOCS / "scale.json").read_bytes())
    assert scale.main([], tmp_path) == 0
    assert scale.main(["--check"], tmp_path) == 0
    page = tmp_path / "scale.md"
    page.write_text(page.read_text("utf-8").replace("| reads | 40 ", "| reads | 41 "), encoding="utf-8")
    (tmp_path / "scale" / "forgotten.svg").write_text("<svg/>")
    assert scale.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out.splitlines() == [
        "docs/scale.md is not what docs/scale.json says: run scripts/scale.py",
        "docs/scale/forgotten.svg is not what docs/scale.json says: run scripts/scale.py",
    ]


@pytest.mark.parametrize("sizes", ["x", "1000,", "10000,1000", "1000,1000", "0,10", "-1,5"])
def test_sizes_that_do_not_rise_are_refused_in_one_sentence(sizes, capsys):
    with pytest.raises(SystemExit) as ended:
        bench_scale.main([f"--sizes={sizes}"])
    assert ended.value.code == 2
    assert "is not a list of rising whole numbers, such as 1000,10000" in capsys.readouterr().err
