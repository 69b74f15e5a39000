"""docs/scale.md and its pictures, from what was measured and what is assumed: the same bytes for the same readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.scaling.arithmetic import Act, Figure, Limit, Readings, acts_of, limits_of, year_of
from scripts.scaling.assumptions import ASSUMPTIONS, assumed
from scripts.scaling.growth import FEW, FLAT, Kind, Reading, Series, from_json, series_of
from scripts.scaling.pictures import bars, lines

HEAD = (
    "# Scale\n\n"
    "Written by `scripts/scale.py` from `scale.json`, which `scripts/bench_scale.py` measured; "
    "do not edit.\n"
    "*Measured* figures are in `scale.json`; *assumed* ones and those of protocols stand in the table of assumptions; "
    "all others are computed from these, as each line says.\n\n"
)
GROWTH = (
    "## Does anything grow?\n\n"
    "Each engine was filled with n of its own units, and one operation was measured at each n. The slope is that of "
    "log(cost) over log(n), by least squares, ± half of the interval that holds it 95 times of 100. "
    "0 does not grow; 1 is linear.\n"
    f"Gas must be equal to the unit. A time counts as flat up to {FLAT}: a tree of pages is a page deeper for some "
    "hundred times as many rows. Of two sizes alone no error can be told; then it is flat up to "
    f"{FEW}, and that is no proof.\n"
    "Times are of one processor, or of the clock where a server or another process works. "
    "`.venv/bin/python scripts/bench_scale.py --check` judges them again.\n\n"
)
WHOLE = 1_000_000
"""The largest size of a whole run."""

KINDS = {
    "vault on SQLite": "Operations of the vault on SQLite",
    "vault on PostgreSQL": "Operations of the vault on PostgreSQL",
    "gateway": "Operations of a gateway with its vault",
    "index": "Operations of the index",
    "store": "Operations of the embedded store",
}


def pages(results: Mapping[str, Any]) -> dict[str, str]:
    """Return the page and its pictures, by their path below docs/."""
    found = [one for part in results.values() for one in from_json(part["readings"])]
    readings, series = Readings(found), series_of(found)
    acts, limits = acts_of(readings), limits_of(readings)
    drawn = _pictures(series, acts, limits)
    parts = [
        HEAD,
        _circumstances(results),
        _year(readings, acts),
        _limits(limits),
        GROWTH,
        _growth(series, drawn),
        _assumptions(found),
    ]
    return {"scale.md": "".join(parts).rstrip() + "\n", **drawn}


def _pictures(series: Sequence[Series], acts: Sequence[Act], limits: Sequence[Limit]) -> dict[str, str]:
    drawn = {
        "scale/year.svg": bars(
            "Gas of a patient-year, by act", "gas", [(one.name, one.gas_a_year) for one in acts], powers=False
        ),
        "scale/limits.svg": bars(
            "Patients that each engine bears",
            "patients; the line is the question's",
            [(one.engine, one.patients) for one in limits],
            powers=True,
            mark=assumed("patients"),
        ),
    }
    gas = [one for one in series if one.readings[0].engine == "contracts" and one.readings[0].unit == "gas"]
    drawn["scale/contracts.svg"] = lines("Gas of each act", "entries in each contract", "gas", gas)
    for engine, title in KINDS.items():
        timed = [one for one in series if one.readings[0].engine == engine and one.readings[0].unit == "ms"]
        if timed:
            drawn[f"scale/{_file(engine)}.svg"] = lines(title, timed[0].readings[0].units, "ms", timed)
    return drawn


def _file(engine: str) -> str:
    return engine.lower().replace(" ", "-")


def _circumstances(results: Mapping[str, Any]) -> str:
    rows = ["| what | when | seconds | load before, after | command |", "|---|---|---|---|---|"]
    for name, part in results.items():
        one = part["measured"]
        load = f"{one['load_before']}, {one['load_after']}"
        rows.append(f"| {name} | {one['date']} | {one['seconds']:,} | {load} | `{one['command']} --engine {name}` |")
    first = next(iter(results.values()))["measured"]
    reached = max(one["n"] for part in results.values() for one in part["readings"])
    if reached < WHOLE:
        rows.append(
            f"\n**These readings go up to {reached:,} only.** A whole run goes up to {WHOLE:,}: until there is one, "
            "no slope here has an error. Where the load was above the number of processors, "
            "times by the clock (PostgreSQL, reading by the index) say more of the load than of the engine."
        )
    where = f"Python {first['python']}, {first['machine']}, {first['processors']} processors.\n\n"
    return where + "\n".join(rows) + "\n\n"


def _year(readings: Readings, acts: Sequence[Act]) -> str:
    figures: Sequence[Figure] = year_of(readings)
    rows = ["| what | figure | how |", "|---|---|---|"]
    rows += [f"| {one.name} | {_number(one.value)} {one.unit} | {one.how} |" for one in figures]
    table = ["| act | a patient-year | gas | gas a year | calldata bytes | event bytes |", "|---|---|---|---|---|---|"]
    table += [
        f"| {one.name} | {one.often:.4g} | {one.gas:,.0f} | {one.gas_a_year:,.0f} "
        f"| {one.calldata:,.0f} | {one.events:,.0f} |"
        for one in acts
    ]
    title = f"## A year of {assumed('patients'):,.0f} patients with {assumed('documents'):g} documents each\n\n"
    picture = "![Gas of a patient-year, by act](scale/year.svg)\n\n"
    note = (
        "How often an act comes is assumed, its gas and bytes are measured. An anchor is one for all patients of an "
        "institution, so its share of a patient-year falls the larger institutions are.\n\n"
    )
    return title + "\n".join(rows) + "\n\n" + picture + note + "\n".join(table) + "\n\n"


def _limits(limits: Sequence[Limit]) -> str:
    rows = ["| engine | patients | why there | then |", "|---|---|---|---|"]
    rows += [f"| {one.engine} | {one.patients:.2g} | {one.how} | {one.then} |" for one in limits]
    picture = "![Patients that each engine bears](scale/limits.svg)\n\n"
    note = (
        "Not measured here: Kubo's own announcements, a geth node after years, a network between continents. "
        "A gateway that starts reads every event since the deployment once and keeps each patient's directory digests "
        "in memory; that is linear in the patients of its network, not in its own.\n\n"
    )
    return "## Where each engine stops, and what then\n\n" + picture + "\n".join(rows) + "\n\n" + note


def _growth(series: Sequence[Series], drawn: Mapping[str, str]) -> str:
    text = ""
    for engine in dict.fromkeys(one.readings[0].engine for one in series):
        mine = [one for one in series if one.readings[0].engine == engine and len(one.readings) > 1]
        if not mine:
            continue
        units = mine[0].readings[0].units
        sizes = [one.n for one in max(mine, key=lambda some: len(some.readings)).readings]
        text += f"### {engine[0].upper()}{engine[1:]}\n\n"
        if f"scale/{_file(engine)}.svg" in drawn:
            text += f"![{engine}](scale/{_file(engine)}.svg)\n\n"
        columns = " | ".join(f"{size:,}" for size in sizes)
        text += f"| {units}: | {columns} | unit | slope | |\n|---|{'---|' * len(sizes)}---|---|---|\n"
        for one in mine:
            values = {reading.n: _number(reading.value) for reading in one.readings}
            cells = " | ".join(values.get(size, "") for size in sizes)
            text += f"| {one.readings[0].name} | {cells} | {one.readings[0].unit} | {_slope(one)} | {_verdict(one)} |\n"
        text += "\n"
    return text


def _slope(series: Series) -> str:
    slope = series.slope
    return f"{slope.value:.2f}" + (f" ± {slope.error:.2f}" if slope.error is not None else "")


def _verdict(series: Series) -> str:
    if series.grows:
        return "**grows**"
    if series.kind is Kind.COUNT:
        return "equal"
    return "linear" if series.kind is Kind.TOTAL else "flat"


def _assumptions(readings: Sequence[Reading]) -> str:
    rows = ["| figure | value | source |", "|---|---|---|"]
    rows += [
        f"| {one.name} | {_number(one.value)} {one.unit} | {one.source}{'; ' if one.remark else ''}{one.remark} |"
        for one in ASSUMPTIONS.values()
    ]
    rows += [
        f"| {one.name} | {_number(one.value)} {one.unit} | measured on {one.n} {one.units} of `tests/data/fhir` |"
        for one in readings
        if one.engine == "documents"
    ]
    return "## Assumptions\n\n" + "\n".join(rows) + "\n"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:,.3g}"
