"""Drawings as SVG, the same bytes for the same numbers.

Standard library: a plotting library would be the largest thing that the tests need, for two kinds of picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from scripts.scaling.growth import Series

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 80, 250, 40, 50
COLOURS = ("#0b6e99", "#c4541a", "#3b7d23", "#8a3ea8", "#a88a00", "#b3264b", "#4a4a4a", "#00817a")


def lines(title: str, below: str, beside: str, series: Sequence[Series]) -> str:
    """Draw costs over n, both by powers of ten, a line for each series."""
    points = [(one.n, one.value) for some in series for one in some.readings]
    first_x, last_x = (round(math.log10(edge([x for x, _ in points]))) for edge in (min, max))
    low, high = min(y for _, y in points), max(y for _, y in points)
    first_y, last_y = math.floor(math.log10(low)), math.ceil(math.log10(high))
    last_x, last_y = max(last_x, first_x + 1), max(last_y, first_y + 1)

    def across(n: float) -> float:
        return LEFT + (math.log10(n) - first_x) / (last_x - first_x) * (WIDTH - LEFT - RIGHT)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(value) - first_y) / (last_y - first_y) * (HEIGHT - TOP - BOTTOM)

    drawing = _sheet(title, HEIGHT)
    for power in range(first_x, last_x + 1):
        _line(drawing, across(10**power), TOP, across(10**power), HEIGHT - BOTTOM)
        _text(drawing, across(10**power), HEIGHT - BOTTOM + 18, f"{10**power:,}", "middle")
    for power in range(first_y, last_y + 1):
        _line(drawing, LEFT, up(10.0**power), WIDTH - RIGHT, up(10.0**power))
        _text(drawing, LEFT - 6, up(10.0**power) + 4, f"{10.0**power:,g}", "end")
    _text(drawing, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, below, "middle")
    _text(drawing, LEFT, TOP - 8, beside, "start")
    for place, some in enumerate(series):
        colour = COLOURS[place % len(COLOURS)]
        path = " ".join(f"{across(one.n):.1f},{up(one.value):.1f}" for one in some.readings)
        ET.SubElement(drawing, "polyline", points=path, fill="none", stroke=colour, attrib={"stroke-width": "2"})
        for one in some.readings:
            ET.SubElement(drawing, "circle", cx=f"{across(one.n):.1f}", cy=f"{up(one.value):.1f}", r="3", fill=colour)
        name = some.readings[0].name.removesuffix(" (gas)")
        _text(drawing, WIDTH - RIGHT + 12, TOP + 10 + 18 * place, name, "start", colour)
    return _written(drawing)


def bars(
    title: str, below: str, values: Sequence[tuple[str, float]], *, powers: bool, mark: float | None = None
) -> str:
    """Draw a bar for each value, by powers of ten if `powers`, with a line across at `mark`."""
    height = TOP + 30 * len(values) + BOTTOM
    scale = (lambda value: math.log10(max(value, 1.0))) if powers else (lambda value: value)
    most = math.ceil(max(scale(value) for _, value in values)) if powers else max(value for _, value in values)
    left, right = 250, 110

    def across(value: float) -> float:
        return left + scale(value) / most * (WIDTH - left - right)

    drawing = _sheet(title, height)
    for place, (name, value) in enumerate(values):
        y = TOP + 30 * place
        width = f"{across(value) - left:.1f}"
        ET.SubElement(drawing, "rect", x=str(left), y=str(y), width=width, height="20", fill=COLOURS[0])
        _text(drawing, left - 8, y + 14, name, "end")
        _text(drawing, across(value) + 6, y + 14, f"{value:,.3g}" if powers else f"{value:,.0f}", "start")
    if mark is not None:
        _line(drawing, across(mark), TOP - 6, across(mark), height - BOTTOM + 4, COLOURS[1])
        _text(drawing, across(mark), height - BOTTOM + 18, f"{mark:,.0f}", "middle", COLOURS[1])
    _text(drawing, (left + WIDTH - right) / 2, height - 10, below, "middle")
    return _written(drawing)


def _sheet(title: str, height: int) -> ET.Element:
    drawing = ET.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height}",
        attrib={"font-family": "sans-serif", "font-size": "12"},
    )
    ET.SubElement(drawing, "title").text = title
    ET.SubElement(drawing, "rect", width=str(WIDTH), height=str(height), fill="#ffffff")
    _text(drawing, 10, 16, title, "start")
    return drawing


def _line(drawing: ET.Element, x1: float, y1: float, x2: float, y2: float, colour: str = "#dddddd") -> None:
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    ET.SubElement(drawing, "line", attrib={**ends, "stroke": colour})


def _text(drawing: ET.Element, x: float, y: float, words: str, anchor: str, colour: str = "#222222") -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "fill": colour}
    ET.SubElement(drawing, "text", attrib=place).text = words


def _written(drawing: ET.Element) -> str:
    ET.indent(drawing)
    return ET.tostring(drawing, encoding="unicode") + "\n"
