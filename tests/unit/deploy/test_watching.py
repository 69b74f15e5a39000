"""Alert rules, dashboard and runbook against the gateway's own /metrics: nothing names what is not there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from medshare.cli.tree import ALONE, NOUNS, load
from medshare.health import Looking
from medshare.ledger.errors import NodeUnreachable
from tests.unit.actors.world import CHART, LedgerDouble, make_world
from tests.unit.gateway.http.door import HttpDoor

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
BOARD = json.loads((DEPLOY / "grafana" / "medshare.json").read_text())
EXPRESSIONS = [
    *((rule["alert"], rule["expr"]) for rule in ALERTS),
    *((panel["title"], target["expr"]) for panel in BOARD["panels"] for target in panel["targets"]),
]
USE = re.compile(r"((?:rate|increase|delta|min_over_time)\()?(medshare_[a-z_]+)(?:\{([^}]*)\})?")
SUFFIXES = {"counter": {"_total"}, "gauge": {""}, "histogram": {"_bucket", "_sum", "_count"}}


@pytest.fixture(scope="module")
def world():
    return make_world()


@pytest.fixture(scope="module")
def families(world):
    """Everything that a gateway's /metrics has, by name."""
    door = HttpDoor(world.gateway)
    found = {one.name: one for one in text_string_to_metric_families(door.get("/metrics").text)}
    door.close()
    return found


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_a_rule_or_panel_uses_only_metrics_that_exist_by_their_type(families, where, expression):
    uses = USE.findall(expression.replace("histogram_quantile", ""))
    assert uses or expression.startswith("up{")
    for wrapped, name, _ in uses:
        family = next(
            (
                one
                for base, one in families.items()
                if name.removeprefix(base) in SUFFIXES[one.type] and name.startswith(base)
            ),
            None,
        )
        assert family is not None, f"{where}: no metric {name}"
        assert (wrapped in {"rate(", "increase("}) == (family.type != "gauge"), f"{where}: {name} is a {family.type}"


def test_the_points_that_rules_name_are_points(families):
    points = {sample.labels["point"] for sample in families["medshare_status"].samples}
    named = {point for _, expression in EXPRESSIONS for point in re.findall(r'point="([^"]+)"', expression)}
    assert named <= points
    # The two others have a rule over their own figures.
    assert points - named == {"reads-without-consent", "relay-balance"}


def test_every_alert_says_how_grave_it_is_since_when_and_what_to_do():
    runbook = (DEPLOY / "alerts.md").read_text()
    sections = {
        title.lower(): text
        for title, text in re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", runbook, re.MULTILINE | re.DOTALL)
    }
    names = [rule["alert"] for rule in ALERTS]
    assert len(set(names)) == len(names)
    for rule in ALERTS:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert re.fullmatch(r"\d+[smh]", rule["for"])
        assert "{{ $labels.instance }}" in rule["annotations"]["summary"]
        place, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (place, anchor) == ("deploy/alerts.md", rule["alert"].lower())
        assert len([line for line in sections[anchor].splitlines() if line]) == 3, (
            "what it means, who notices, what to do"
        )
    assert set(sections) == {name.lower() for name in names}


def test_every_command_of_the_runbook_exists():
    named = set(re.findall(r"`medshare ([a-z-]+)(?: ([a-z-]+))?`", (DEPLOY / "alerts.md").read_text()))
    assert named
    for noun, verb in named:
        assert noun in NOUNS
        assert noun in ALONE or verb in load(noun).commands


def test_prometheus_reads_the_rules_and_scrapes_a_gateway():
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    assert config["rule_files"] == ["alerts.yml"]
    assert config["scrape_configs"][0]["metrics_path"] == "/metrics"
    assert config["scrape_configs"][0]["job_name"] == "medshare"


def test_panels_do_not_cover_each_other_and_each_has_its_number():
    taken = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in BOARD["panels"]
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def test_no_figure_and_no_label_speaks_of_a_patient(world):
    """[OP-001, H-011] After all that happens on the road, every label is one of a short list of words."""
    leaf = world.write(*CHART)[0]
    world.anna.sync()
    consent = world.grant(CHART[0])
    world.read(world.ask(consent, leaf))
    world.anna.revoke(consent)
    world.wait(600)
    world.gateway.anchoring.close()
    world.gateway.anchoring.keep_up()
    door = HttpDoor(world.gateway)
    text = door.get("/metrics").text
    door.close()
    labels = {
        (name, value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        for name, value in sample.labels.items()
    }
    assert {name for name, _ in labels} <= {
        "method",
        "route",
        "status",
        "ground",
        "reason",
        "kind",
        "le",
        "point",
        "code",
    }
    categories = {category.name.lower().replace("_", sign) for category in CHART for sign in "_- "}
    assert not re.search(r"0x[0-9a-f]{8}", text)
    assert not [word for word in categories if word in text.lower()]
    for one in (world.anna, world.hill, world.city):
        assert one.address[2:] not in text


def test_what_metrics_show_is_what_status_shows(world, families):
    """[OP-001]"""
    door = HttpDoor(world.gateway)
    health, points = door.desk.health()
    shown = {one.name: one.samples for one in text_string_to_metric_families(door.get("/metrics").text)}
    assert shown["medshare_unfinalised_blocks"][0].value == health.unfinalised
    assert {sample.labels["point"]: int(sample.value) for sample in shown["medshare_status"]} == {
        point.name: int(point.state) for point in points
    }
    door.close()


def test_several_scrapes_within_seconds_ask_once_and_a_silent_node_is_said(world, monkeypatch):
    """[OP-004]"""
    door, asked = HttpDoor(world.gateway), []
    look = Looking.health
    monkeypatch.setattr(Looking, "health", lambda self: asked.append(1) or look(self))

    def silent(*_, **__):
        raise NodeUnreachable(node="node.internal:8545")

    for _ in range(3):
        door.get("/metrics")
    assert len(asked) == 1
    monkeypatch.setattr(world.gateway.office, "ledger", LedgerDouble(world.ledger, head=silent, final=silent))
    door.monotonic.now += 5
    text = door.get("/metrics").text
    assert len(asked) == 2
    assert 'medshare_health_fault{code="ledger.node-unreachable"} 1.0' in text
    assert 'medshare_status{point="head-age"} 3.0' in text
    assert "medshare_head_age_seconds " not in text.replace("# HELP medshare_head_age_seconds ", "").replace(
        "# TYPE medshare_head_age_seconds ", ""
    )
    assert "internal" not in text
    door.close()
