"""The roads that the tour does not take: dry runs, refusals, renewals, amendments, elsewhere's relay, leaving."""

from __future__ import annotations

import json
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from medshare.audit.errors import ExportForeign
from medshare.audit.export import Export
from medshare.audit.node import NodeAnchors
from medshare.cli.frame.names import word_of
from medshare.consent.categories import Category
from medshare.consent.names import category_name
from medshare.ledger.errors import BlockGone
from medshare.locale import LANGUAGES
from medshare.store import BlockStore
from tests.integration.cli.consortium import Consortium
from tests.integration.cli.errands import (
    CHART,
    HOSPITALS,
    address_of,
    asked,
    confirm,
    done,
    enrol,
    granted,
    height,
    upload,
    url_of,
)
from tests.integration.cli.served import anchor, release_anyhow
from tests.unit.cli.running import PASSPHRASE


def test_a_dry_run_shows_the_statement_and_the_transaction_and_sends_nothing(town: Consortium):
    """[M-001]"""
    before = height(town)
    grant = ("consent", "grant", "hill", "--category", "vital-signs", "--purpose", "TREAT", "--days", "9", "--dry-run")
    plan = town(*grant, "--json", home="alice").document["dry_run"]
    assert "vital signs" in plan["statement"]
    assert [one["function"] for one in plan["transactions"]] == ["grantBySig"]
    shown = town(*grant, home="alice").out
    assert "Nothing was sent." in shown
    chart = town.run.place / "chart.json"
    plan = town("record", "upload", address_of(town, "alice"), str(chart), "--dry-run", "--json", home="city").document[
        "dry_run"
    ]
    assert [one["function"] for one in plan["transactions"]] == ["anchor"]
    plan = town("consent", "lockdown", "--dry-run", "--json", home="alice").document["dry_run"]
    assert [one["function"] for one in plan["transactions"]] == ["lockdownBySig"]
    plan = town("leave", str(town.run.place / "kept"), "--dry-run", "--json", home="alice").document["dry_run"]
    assert [one["function"] for one in plan["transactions"]] == ["lockdownBySig", "eraseAllBySig"]
    assert town("record", "confirm", "--dry-run", "--json", home="city").document["dry_run"]["transactions"] == []
    assert "dry_run" in town("sync", "--dry-run", "--json", home="alice").document
    assert height(town) == before
    assert not [one for one in done(town, "consent", "list", home="alice")["consents"] if one["grantee_name"] == "hill"]


def test_without_yes_and_terminal_nothing_is_sent(town: Consortium):
    """[M-001, M-002]"""
    before = height(town)
    outcome = town("consent", "lockdown", home="alice")
    assert (outcome.code, "--yes" in outcome.err) == (2, True)
    assert height(town) == before


def test_a_request_is_refused_or_withdrawn_and_its_state_is_told(town: Consortium):
    request = asked(town)
    assert done(town, "request", "status", request, home="hill")["state"] == "open"
    assert town("request", "answer", request, home="hill").code == 4
    assert [one["id"] for one in done(town, "request", "list", home="hill")["requests"]] == [request]
    shown = town("request", "show", request[:20], home="alice").out
    assert "In their words: A visit" in shown
    town.sent("consent", "refuse", request, home="alice")
    assert done(town, "request", "status", request, home="hill")["state"] == "refused"
    other = asked(town)
    town.sent("request", "withdraw", other, home="hill")
    assert done(town, "request", "status", other, home="hill")["state"] == "withdrawn or answered"
    assert town("consent", "approve", other, "--yes", home="alice").code == 4


def test_a_consent_is_checked_renewed_and_receipted(town: Consortium, tmp_path: Path):
    consent = granted(town, days=20)
    listed = done(town, "consent", "list", home="alice")
    assert consent in listed["ending_soon"]
    assert f"medshare consent renew {consent[:18]}" in town("consent", "list", home="alice").out
    done(town, "consent", "check", consent, "--category", "vital-signs", home="alice")
    refused = town("consent", "check", consent, "--category", "laboratory", "--json", home="alice")
    assert (refused.code, refused.document["error"]["code"]) == (3, "consent.not-permitted")
    assert town("consent", "check", consent, "--category", "vital-sings", home="alice").code == 2
    assert "vital signs" in town("consent", "show", consent, home="alice").out
    file = tmp_path / "receipt.json"
    done(town, "consent", "receipt", consent, "--out", str(file), home="alice")
    receipt = json.loads(file.read_text())
    record = receipt["dpv:hasRecordOfActivity"]
    assert record["dct:identifier"] == consent
    assert [event["@type"][0] for event in record["dpv:hasConsentStatus"]] == ["dpv:ConsentGiven"]
    check_forms(town, consent, tmp_path)
    again = town.sent("consent", "renew", consent, "--days", "365", home="alice").result["consent"]
    assert (again["categories"], again["grantee_name"], again["ends_soon"]) == (["vital-signs"], "hill", False)
    assert consent in {one["id"] for one in done(town, "consent", "list", home="hill")["consents"]}
    for one in (consent, again["id"]):
        town.sent("consent", "revoke", one, home="alice")
    assert {one["state"] for one in done(town, "consent", "list", "--all", home="alice")["consents"]} == {
        "in force",
        "revoked",
    }


def check_forms(town: Consortium, consent: str, place: Path) -> None:
    """[Z-001] Each form is written; the FHIR ones come back as what was signed, with the line that gives it."""
    forms = {}
    for form in ("fhir", "fhir-pcf", "fhir-r5", "provenance", "smart"):
        found = done(town, "consent", "export", consent, "--form", form, home="alice")
        forms[form] = found["text"]
        assert found["file"] == ""
    assert forms["smart"] == "patient/*.rs?_security=urn:medshare:codes:category|vital-signs"
    assert json.loads(forms["fhir-pcf"])["organization"]
    refused = town("consent", "export", consent, "--form", "duo", "--json", home="alice")
    assert (refused.code, refused.document["error"]["code"]) == (3, "exchange.no-data-use")
    file = place / "consent.json"
    said = town("consent", "export", consent, "--out", str(file), home="alice").out
    assert "It does not say the signature" in said
    given = done(town, "consent", "show", consent, home="alice")["consent"]
    for form in ("fhir", "fhir-pcf", "fhir-r5"):
        (place / form).write_text(forms[form])
        drafted = done(town, "consent", "draft", str(place / form), home="alice")
        (draft,) = drafted["drafts"]
        assert {name: draft[name] for name in ("grantee", "categories", "purposes", "actions", "not_after")} == {
            name: given[name] for name in ("grantee", "categories", "purposes", "actions", "not_after")
        }
        assert [one["narrower"] for one in drafted["remarks"]] == (["action-not-named"] if form == "fhir-pcf" else [])
    assert draft["line"].startswith(f"medshare consent grant {draft['grantee']} --category vital-signs --purpose TREAT")
    assert "To give it: medshare consent grant" in town("consent", "draft", str(file), home="alice").out
    hers = json.loads(done(town, "consent", "export", consent, home="hill")["text"])
    assert "organization" not in hers
    events = done(town, "audit", "events", str(place / "events.json"), home="alice")
    assert (
        events["events"]
        == events["released"] + events["refused"]
        == len(json.loads((place / "events.json").read_text())["entry"])
    )


def test_a_list_of_what_a_consent_covers_is_one_request_and_one_receipt(town: Consortium):
    consent = granted(town)
    before = len(done(town, "access", "log", home="alice")["looks"])
    covered = done(town, "access", "list", consent, "--gateway", "city", home="hill")["documents"]
    assert covered
    looks = done(town, "access", "log", home="alice")["looks"][before:]
    assert [(look["institution"], look["category"], look["documents"]) for look in looks] == [
        ("hill", None, len(covered))
    ]
    read = done(town, "access", "read", consent, "--document", covered[0]["leaf"], "--gateway", "city", home="hill")
    file = Path(read["documents"][0]["file"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["resourceType"] == "Bundle"
    assert town("access", "read", "0xffffffffffff", home="hill").code == 4
    town.sent("consent", "revoke", consent, home="alice")
    refused = town("access", "read", consent, "--gateway", "city", "--json", home="hill")
    assert (refused.code, refused.document["error"]["code"]) == (3, "gateway.refused")


def test_a_log_is_exported_and_verified_elsewhere_with_a_chain_alone(town: Consortium, tmp_path: Path):
    """[B-021, B-023, B-024] No home, no gateway: the file and the node's URL."""
    consent = granted(town)
    done(town, "access", "read", consent, "--gateway", "city", home="hill")
    anchor(town, "city")
    file, changed = tmp_path / "log.json", tmp_path / "changed.json"
    lines = done(town, "audit", "export", str(file), home="alice")["lines"]
    node = ("--rpc", town.anvil.url, "--json")
    verified = town.run("audit", "verify", str(file), *node, home="nowhere")
    assert (verified.code, verified.result["chain_asked"], verified.result["deployment_known"]) == (0, True, False)
    assert verified.result["lines"] == lines
    assert any(line["receipts"] > line["anchored"] > 0 for line in lines)
    known = town.run("audit", "verify", str(file), *node, "--deployment", str(town.deployment), home="nowhere")
    assert known.result["deployment_known"]
    own = town.run("audit", "verify", str(file), *node, home="alice")
    assert own.result["deployment_known"]  # her home knows the contracts: the file does not say which they are
    export = Export.from_bytes(file.read_bytes())
    changed.write_bytes(replace(export, audit=export.participants).to_bytes())
    assert town.run("audit", "verify", str(changed), *node, home="alice").code == 6
    data = file.read_bytes()
    changed.write_bytes(data.replace(b'"block":', b'"block":1', 1))
    broken = town.run("audit", "verify", str(changed), *node, home="nowhere")
    assert (broken.code, broken.document["error"]["code"]) == (6, "audit.export-damaged")
    kept = tmp_path / "kept.json"
    (line,) = done(town, "audit", "export", str(kept), "--patient", address_of(town, "alice"), home="city")["lines"]
    assert line["anchored"] > 0
    assert town.run("audit", "verify", str(kept), *node, home="nowhere").code == 0
    assert town("audit", "export", str(kept), home="alice").code == 2  # it is there already


def test_an_export_of_other_contracts_is_not_taken_for_this_chains(town: Consortium, tmp_path: Path):
    """[B-024] Each field by itself, the file made anew: exit code 6."""
    file = tmp_path / "log.json"
    done(town, "audit", "export", str(file), home="alice")
    export = Export.from_bytes(file.read_bytes())
    for changes, field in (
        ({"chain_id": 1}, "chain"),
        ({"audit": export.participants}, "AuditLog"),
        ({"audit": "0x" + "11" * 20}, "AuditLog"),
        ({"participants": "0x" + "11" * 20}, "ParticipantRegistry"),
    ):
        facts = {"chain_id": export.chain_id, "participants": export.participants, "audit": export.audit, **changes}
        with pytest.raises(ExportForeign) as caught:
            NodeAnchors(town.anvil.rpc, **facts)
        assert (caught.value.exit_code, caught.value.facts["field"]) == (6, field)


def test_a_node_says_what_a_verdict_asks_of_it(town: Consortium, tmp_path: Path):
    """[B-031, B-032] Blocks by hash, accounts with and without code, and who moved."""
    file = tmp_path / "log.json"
    done(town, "audit", "export", str(file), home="alice")
    export = Export.from_bytes(file.read_bytes())
    node = NodeAnchors(town.anvil.rpc, chain_id=export.chain_id, participants=export.participants, audit=export.audit)
    block = node.block(1)
    assert node.block_named(block.hash) == block
    with pytest.raises(BlockGone):
        node.block_named(b"\x07" * 32)
    alice = address_of(town, "alice")
    assert (node.is_contract(export.audit, block=town.anvil.rpc.block("latest")), node.successor_of(alice)) == (
        True,
        "0x" + "00" * 20,
    )
    assert not node.is_contract(alice, block=block)
    assert not node.wallet_accepts(alice, b"\x07" * 32, b"junk", block=block)


def test_a_regulator_sees_disclosures_and_anomalies_and_never_a_category(town: Consortium):
    """[B-025, B-029] Until a gateway releases without a consent: exit code 6."""
    assert "--role regulator" in town("audit", "disclosures", home="regulator").err
    regulator = address_of(town, "regulator")
    town.sent("org", "register", regulator, "--name", "Authority", "--role", "regulator", home="regulator")
    assert town("audit", "disclosures", home="regulator").code == 4  # it knows no gateway
    done(town, "org", "know", "city", url_of(town, "city"), home="regulator")
    consent = granted(town)
    (read, *_) = done(town, "access", "read", consent, "--gateway", "city", home="hill")["documents"]
    assert read["category"] == "vital-signs"
    town("access", "read", consent, "--gateway", "city", "--purpose", "HRESCH", home="hill")
    anchor(town, "city")
    found = done(town, "audit", "disclosures", "--days", "1", home="regulator")
    assert [(one["institution"], one["purpose"], one["allowed"]) for one in found["disclosures"]][-1] == (
        "hill",
        "TREAT",
        True,
    )
    assert (found["without_consent"], found["asked"], len(found["silent"])) == (0, ["city"], 3)
    odd = done(town, "audit", "anomalies", home="regulator")
    assert (odd["without_consent"], odd["broken"], odd["late"]) == ([], [], [])
    assert sum(odd["refusals"].values()) >= 1
    release_anyhow(town, "city", reader="hill", patient=address_of(town, "alice"))
    anchor(town, "city")
    outcome = town("audit", "anomalies", "--json", home="regulator")
    assert (outcome.code, len(outcome.result["without_consent"])) == (6, 1)
    assert town("audit", "disclosures", home="regulator").code == 6
    assert town("audit", "anomalies", home="hill").code == 2
    shown = [
        town("audit", verb, *form, home="regulator").out.lower()
        for verb in ("disclosures", "anomalies")
        for form in (("--json",), (), ("--language", "zh-Hant"))
    ]
    words = {name for one in Category for name in (word_of(one), *(category_name(one, which) for which in LANGUAGES))}
    for text in shown:
        assert not [word for word in words if word.lower() in text]
        assert '"category"' not in text
        assert '"slot"' not in text


def test_a_patient_questions_a_receipt_and_recognises_it_again(town: Consortium):
    """[B-030, M-001] A dry run says what would be signed; the regulator hears of it until it is taken back."""
    consent = granted(town)
    done(town, "access", "read", consent, "--gateway", "city", home="hill")
    look = done(town, "access", "log", home="alice")["looks"][-1]
    assert (look["asker"], look["question"], look["questioned"]) == ("consent", "document", False)
    assert "institution" in look["roles"]
    receipt = look["receipt"][:18]
    planned = town("access", "question", receipt, "--dry-run", "--json", home="alice").document["dry_run"]
    assert (planned["transactions"], "do not recognise" in planned["statement"]) == ([], True)
    assert town("access", "question", receipt, home="alice").code == 2  # nobody sits there to say yes
    assert town("access", "question", "0xffffffffffff", "--yes", home="alice").code == 4
    for verb, is_marked in (("question", True), ("recognise", False)):
        town.sent("access", verb, receipt, home="alice")
        log = town("access", "log", home="alice").out
        assert (f"{receipt} not recognised" in log, "No receipt is missing" in log) == (is_marked, True)
        anchor(town, "city")
        odd = town("audit", "anomalies", "--json", home="regulator").result["questioned"]
        assert [one["number"] for one in odd] == [look["number"]] * is_marked


def test_a_document_is_saved_amended_and_taken_back(town: Consortium, tmp_path: Path):
    leaf = next(
        one["leaf"] for one in done(town, "record", "list", "--category", "vital-signs", home="alice")["documents"]
    )
    assert done(town, "record", "show", leaf, home="alice")["status"] == "confirmed"
    file = tmp_path / "mine.json"
    done(town, "record", "get", leaf, "--out", str(file), home="alice")
    assert json.loads(file.read_text())["resourceType"] == "Bundle"
    assert town("record", "get", leaf, "--out", str(file), home="alice").code == 2
    amended = town.sent("record", "amend", leaf, str(file), home="city").result["leaves"][0]
    confirm(town)
    town.sent("sync", home="alice")
    assert done(town, "record", "show", amended, home="alice")["document"]["version"] == 2
    assert done(town, "record", "show", leaf, home="alice")["status"] == "superseded"
    town.sent("record", "retract", amended, "--reason", "1", home="city")
    assert done(town, "record", "show", amended, home="alice")["status"] == "retracted"


def test_a_dispute_has_a_deadline_and_an_answer_and_both_sides_see_them(town: Consortium):
    """[W-013]"""
    leaf, other = upload(town)[0], upload(town)[0]
    disputed = done(town, "record", "dispute", leaf, "--reason", "wrong-content", home="alice")["dispute"]
    assert (disputed["leaf"], disputed["state"], disputed["answered_at"]) == (leaf, "open", 0)
    assert disputed["deadline"] == disputed["at"] + 30 * 86_400
    assert town("record", "dispute", "0xffff", "--reason", "wrong-content", home="alice").code == 4
    assert leaf in town.sent("sync", home="city").result["to_answer"]
    words = ("record", "answer", leaf, "--outcome")
    assert town(*words, "stands", "--dry-run", "--json", home="city").document["dry_run"]["transactions"] == []
    plan = town(*words, "taken-back", "--dry-run", "--json", home="city").document["dry_run"]
    assert [one["function"] for one in plan["transactions"]] == ["retract"]
    assert town(*words, "taken-back", home="city").code == 2  # nobody is there to say yes
    assert town(*words, "stands", "--yes", home="hill").code == 4
    assert town.sent(*words, "stands", home="city").result["transaction"] is None
    assert town.sent("sync", home="alice").result["answered"] == [leaf]
    assert town.sent("sync", home="alice").result["answered"] == []
    assert done(town, "record", "show", leaf, home="alice")["dispute"]["state"] == "stands"
    assert "the document stands" in town("record", "disputes", home="alice").out
    done(town, "record", "dispute", other, "--reason", "wrong-patient", home="alice")
    assert town.sent("record", "answer", other, "--outcome", "taken-back", home="city").result["transaction"]
    assert done(town, "record", "show", other, home="alice")["status"] == "retracted"
    found = {one["leaf"]: one["state"] for one in done(town, "record", "disputes", home="city")["disputes"]}
    assert (found[leaf], found[other]) == ("stands", "taken-back")


def test_what_is_erased_is_destroyed_by_whoever_read_it(town: Consortium):
    upload(town)
    consent = granted(town)
    rows = done(town, "access", "read", consent, "--gateway", "city", home="hill")["documents"]
    leaf, file = rows[0]["leaf"], Path(rows[0]["file"])
    erased = town.sent("record", "erase", leaf, home="alice").result
    assert erased["leaves"] == [leaf]
    assert leaf in town.sent("sync", home="hill").result["destroyed"]
    assert not file.exists()
    assert town("record", "get", leaf, "--out", "x", home="alice").code == 4
    assert town("record", "erase", home="alice").code == 2


def test_a_notifier_gets_counts_and_no_content(town: Consortium, tmp_path: Path):
    asked(town)
    told, program = tmp_path / "told", tmp_path / "notify.py"
    program.write_text(f"import sys; open({str(told)!r}, 'w').write(sys.stdin.read())")
    town.sent("sync", "--notify", f"{sys.executable} {program}", home="alice")
    counts = json.loads(told.read_text())
    assert counts["requests"] >= 1
    assert all(isinstance(count, int) for count in counts.values())
    asked(town)
    assert town("sync", "--notify", "/nonexistent", "--yes", home="alice").code == 5


def test_an_index_follows_the_chain_and_comes_back_the_same(town: Consortium):
    first = done(town, "index", "run", home="city")
    assert first["entries"] > 10
    assert first["alarm"] is None
    assert done(town, "index", "status", home="city") == first
    assert done(town, "index", "rebuild", home="city")["entries"] == first["entries"]


def test_what_was_signed_without_a_node_is_submitted_by_another_machine(town: Consortium, tmp_path: Path):
    consent, file, words = granted(town), tmp_path / "revoke.json", ("--out", str(tmp_path / "revoke.json"))
    config = town.run.place / "alice" / "config.toml"
    known = config.read_text()
    config.write_text(known.replace(town.anvil.url, "http://127.0.0.1:9"))
    try:
        assert town("consent", "list", home="alice").code == 5  # there is no node
        signed = done(town, "relay", "sign", "revoke", consent, *words, home="alice")
        assert (signed["kind"], signed["file"]) == ("Revoke", str(file))
        assert town("relay", "sign", "revoke", consent, *words, home="alice").code == 2  # the file is there already
        assert town("relay", "sign", "erase", "0xffffffff", home="alice").code == 4
        assert town("relay", "sign", "revoke", home="alice").code == 2
        assert done(town, "relay", "sign", "lockdown", home="alice")["kind"] == "Lockdown"
    finally:
        config.write_text(known)
    before = height(town)
    submit = ("relay", "submit", str(file), "--gateway", "city")
    assert town(*submit, "--dry-run", "--json", home="hill").document["dry_run"]["transactions"]
    assert height(town) == before
    assert town.sent(*submit, home="hill").result["signer"] == address_of(town, "alice")
    found = {one["id"]: one["state"] for one in done(town, "consent", "list", "--all", home="alice")["consents"]}
    assert found[consent] == "revoked"


def test_the_relay_says_what_it_holds(town: Consortium):
    found = done(town, "relay", "status", home="city")
    assert found["balance_wei"] > 0
    assert found["mined"] + found["final"] > 0


def test_a_recovery_address_is_named_on_the_chain(town: Consortium):
    town.home("patient", "bob")
    enrol(town, "bob", "city")
    recovery = "0x" + "ab" * 20
    assert town.sent("account", "recovery", recovery, home="bob").result["recovery"] == recovery
    outcome = town("doctor", "--json", home="bob").result["checks"]
    assert {line["outcome"] for line in outcome if line["name"] in {"registered", "recovery"}} == {"right"}


def test_staff_of_another_home_joins_and_is_dismissed(town: Consortium, tmp_path: Path):
    town.home("researcher", "nurse")
    file = tmp_path / "join.json"
    outcome = town("org", "join", address_of(town, "hill"), "--json", home="nurse")
    file.write_text(outcome.out)
    town.sent("org", "add-staff", str(file), home="hill")
    nurse = address_of(town, "nurse")
    assert nurse in {one["address"] for one in done(town, "org", "show", "hill", home="hill")["staff"]}
    town.sent("org", "remove-staff", nurse, home="hill")
    assert nurse not in {one["address"] for one in done(town, "org", "show", "hill", home="hill")["staff"]}
    file.write_text("{}")
    assert town("org", "add-staff", str(file), "--yes", home="hill").code == 2


def test_everything_speaks_traditional_chinese(town: Consortium):
    outcome = town("consent", "list", "--all", "--language", "zh-Hant", home="alice")
    assert "生效中" in outcome.out
    outcome = town("consent", "show", "0xffffffffffff", "--language", "zh-Hant", home="alice")
    assert "沒有代碼以 0xffffffffffff 開頭的「同意書」。" in outcome.err


def test_what_a_stopped_upload_left_is_completed_by_the_next_command(
    town: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[U-011, U-014] R01: sealed, its bodies stored, and the process is gone; nobody was asked to confirm it yet."""

    class Gone(BaseException):
        """The process is dead: nothing catches this."""

    def die(*_: object) -> None:
        raise Gone

    chart = town.run.place / "stopped.json"
    chart.write_text(json.dumps(CHART))
    words = ("record", "upload", address_of(town, "alice"), str(chart), "--yes")
    with monkeypatch.context() as patch:
        patch.setattr("medshare.outbox.uploading.Uploading._store", die)
        with pytest.raises(Gone):
            town(*words, home="city")
    assert "dry_run" in town("record", "resume", "--dry-run", "--json", home="city").document
    resumed = town.sent("record", "resume", home="city").result
    assert resumed["documents_completed"] > 0
    assert resumed["documents_refused"] == resumed["still_waiting"] == 0
    (period,) = resumed["periods"]
    assert period["documents"] == resumed["documents_completed"]
    confirm(town)
    again = town.sent("record", "resume", home="city").result
    assert (again["documents_completed"], again["periods_completed"], again["periods"]) == (0, 0, [])


def test_chain_vault_and_store_are_compared_and_a_lost_body_comes_back_from_a_validator(town: Consortium) -> None:
    """[U-018] R03"""
    assert done(town, "relay", "reconcile", home="city") == {"dry_run": False, "findings": []}
    store = BlockStore(town.run.place / "city" / "bodies")
    cid = next(store.list())
    store.unpin(cid)
    store.delete(cid)
    (found,) = done(town, "relay", "reconcile", "--dry-run", home="city")["findings"]
    assert (found["trouble"], found["subject"], found["outcome"]) == ("body lost", cid, "repairable")
    (found,) = done(town, "relay", "reconcile", home="city")["findings"]
    assert found["outcome"] == "reported"
    assert found["remedy"]
    assert not store.has(cid)
    outcome = town("relay", "reconcile", "--from", "hill", "--language", "zh-Hant", home="city")
    assert "已修復" in outcome.out
    assert store.has(cid)
    assert done(town, "relay", "reconcile", home="city")["findings"] == []


def test_a_read_ends_with_the_code_of_the_consents_state_and_is_nobody_elses(town: Consortium):
    """A06: the grantee, another hospital; in force, not yet begun, revoked, locked."""
    states = {
        "in force": granted(town),
        "not yet": granted(town, "--starts-in-days", "2"),
        "revoked": granted(town),
        "locked": granted(town),
    }
    town.sent("consent", "revoke", states["revoked"], home="alice")

    def code(home: str, state: str) -> int:
        return town("access", "read", states[state], "--gateway", "city", home=home).code

    assert {state: code("hill", state) for state in states} == {"in force": 0, "not yet": 3, "revoked": 3, "locked": 0}
    assert {code("north", state) for state in states} == {4}
    town.sent("consent", "lockdown", home="alice")
    assert {code("hill", state) for state in states} == {3}
    later = granted(town)
    assert town("access", "read", later, "--gateway", "city", home="hill").code == 0


def test_a_patient_takes_everything_along_and_a_reader_puts_together_what_was_granted(town: Consortium, tmp_path: Path):
    """[F-001, F-002, F-005]"""
    consent = granted(town)
    words = ("access", "read", consent, "--gateway", "city")
    read = done(town, *words, "--bundle", str(tmp_path / "read.json"), home="hill")
    bundle = json.loads((tmp_path / "read.json").read_text())
    outcome = bundle["entry"][-1]["resource"]
    count = len(read["documents"])
    assert outcome["issue"][0]["diagnostics"] == f"{count} documents listed, {count} received."
    assert (read["missing"], read["assembled"]) == ({}, str(tmp_path / "read.json"))
    assert stat.S_IMODE((tmp_path / "read.json").stat().st_mode) == 0o600
    done(town, *words, "--ndjson", str(tmp_path / "read.ndjson"), home="hill")
    lines = (tmp_path / "read.ndjson").read_text().splitlines()
    assert len(lines) == len(bundle["entry"])
    assert town(*words, "--ndjson", str(tmp_path / "read.ndjson"), home="hill").code == 2
    assert town(*words, "--ndjson", "a", "--bundle", "b", home="hill").code == 2

    folder = tmp_path / "everything"
    found = done(town, "export", "all", str(folder), home="alice")
    assert found["listed"] == found["received"] == len(done(town, "record", "list", home="alice")["documents"])
    manifest = json.loads((folder / "manifest.json").read_text())
    assert len(manifest["files"]) == found["files"] - 1
    assert found["proven"]
    assert town("audit", "verify", str(folder / "looks" / "proof.json"), "--offline", home="hill").code == 0
    assert consent[2:18] in {path.stem for path in (folder / "consents").iterdir()}
    assert "hill" in (folder / "index.html").read_text()
    again = town("export", "all", str(folder), "--json", home="alice", passphrases=(PASSPHRASE,))
    assert again.document["error"]["code"] == "home.file-kept"
    done(town, "export", "ndjson", str(tmp_path / "lines"), home="alice")
    assert (tmp_path / "lines" / "Patient.ndjson").read_bytes() == (folder / "fhir" / "Patient.ndjson").read_bytes()
    done(town, "export", "ips", str(tmp_path / "summary.json"), home="alice")
    assert json.loads((tmp_path / "summary.json").read_text())["type"] == "document"


def test_a_patient_leaves_with_everything_and_nothing_stays(town: Consortium, tmp_path: Path):
    folder = tmp_path / "mine"
    left = town.sent("leave", str(folder), home="alice").result
    files = [path.name for path in folder.iterdir()]
    assert len(files) == len(left["exported"]) + 1
    town.anvil.rpc.request("anvil_mine", "0x4")  # holders believe a final block
    for name in HOSPITALS[1:]:
        assert not town.sent("sync", home=name).result["pending"]
    again = town.sent("leave", str(folder), home="alice").result
    assert again["finished"], again
    report = json.loads((folder / "report.json").read_text())
    assert report["schema"] == "medshare/leave-report/1"
    assert not done(town, "record", "list", home="alice")["documents"]
    states = {one["state"] for one in done(town, "consent", "list", "--all", home="alice")["consents"]}
    assert states <= {"locked", "revoked"}
    assert town("access", "list", "0xffffffffffff", home="hill", passphrases=(PASSPHRASE,)).code == 4
