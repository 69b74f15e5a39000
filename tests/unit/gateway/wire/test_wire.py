"""What passes a door over HTTP comes out as it went in, and has one form."""

from __future__ import annotations

import base64
import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.errors import MedShareError
from medshare.gateway.errors import NotEnrolled, Refused
from medshare.gateway.values import Listed, Logged, Placement, Release, Sealed
from medshare.gateway.wire import answers, letters
from medshare.gateway.wire.chain import TransactionForm
from medshare.gateway.wire.errors import AnswerUnknown, Fault, TooMany
from medshare.gateway.wire.fields import Malformed, Sealed64, Wire
from medshare.gateway.wire.problems import from_problem, status_of, to_problem
from medshare.gateway.wire.routes import CATALOGUE, CONSENTS_FOR, ROUTES
from medshare.gateway.wire.signed import form_of, to_form
from medshare.ledger import Block, Transaction
from medshare.ledger.events import CLASSES, Log
from medshare.ledger.reverts import CLASSES as REVERTS
from medshare.release.rule import Ground
from medshare.signed import Signed
from medshare.typed_data import Deposit, ReadRequest, Receipt, Refuse
from medshare.typed_data.message import MESSAGES

WORD = bytes(range(32))
WHO = "0x" + "ab" * 20


def sample(kind, top=False):
    """Return a message with every field set, numbers at their greatest if `top`."""
    values = {}
    for member in kind.members:
        name = member.kind.name
        if name.startswith("uint"):
            values[member.attribute] = member.kind.largest if top else 1
        else:
            values[member.attribute] = {"address": WHO, "bytes32": WORD, "bool": True, "string": "x\n字"}[name]
    return kind(**values)


def signed(kind, top=False):
    return Signed(message=sample(kind, top), signer=WHO, signature=b"\x01" * 65)


def through(form):
    """Return the form after a journey as JSON."""
    return type(form).read(form.write())


@pytest.mark.parametrize("top", [False, True])
@pytest.mark.parametrize("kind", MESSAGES.values(), ids=MESSAGES)
def test_every_signed_message_comes_back_as_it_was(kind, top):
    one = signed(kind, top)
    data = json.dumps(to_form(one))
    read = form_of(kind).model_validate_json(data)
    assert kind.from_json({m.name: getattr(read.message, m.name) for m in kind.members}) == one.message


def test_what_a_gateway_answers_comes_back_as_it_was():
    placement = Placement(provider=WHO, root=WORD, patient=WHO, inner=WORD, proof=(WORD, bytes(32)))
    sealed = Sealed(placement=placement, epoch=3, capsule=b"\x00capsule\xff", cid="bafkreiabc234567")
    release = Release(receipt=signed(Receipt, top=True), leaf=WORD, sealed=sealed)
    assert through(answers.ReleaseForm.of(release)).value() == release
    for row in (
        Listed(leaf=WORD, slot=63, previous_leaf=bytes(32)),
        Listed(leaf=WORD, slot=255, previous_leaf=WORD, deposit=signed(Deposit), sealed=sealed),
    ):
        assert through(answers.ListedForm.of(row)).value() == row
    for asked in (signed(ReadRequest), signed(Refuse)):
        logged = Logged(receipt=signed(Receipt), asked=asked, grantee=WHO, leaves=(WORD,))
        assert through(answers.LoggedForm.of(logged)).value() == logged


@pytest.mark.parametrize("kind", CLASSES.values(), ids=lambda kind: f"{kind.contract}.{kind.__name__}")
def test_a_transaction_comes_back_with_every_kind_of_event(kind):
    hints = {"int": 2**200, "Address": WHO, "Bytes32": WORD, "bytes": b"\x01\x02"}
    event = kind(**{one.name: hints[str(one.type)] for one in fields(kind)})
    log = Log(event=event, block_number=7, block_hash=WORD, transaction=WORD, index=1)
    done = Transaction(hash=WORD, block=Block(7, WORD, 1_800_000_000), sender=WHO, gas_used=21_000, logs=(log,))
    assert through(TransactionForm.of(done)).value() == done


def test_an_event_of_no_contract_and_one_with_other_values_are_refused():
    form = TransactionForm.of(Transaction(hash=WORD, block=Block(7, WORD, 1), sender=WHO, gas_used=1)).model_dump()
    good = {"contract": "RecordRegistry", "name": "Erased", "values": {"leaf": "0x" + "00" * 32}}
    rest = {"block_number": 1, "block_hash": WORD, "transaction": WORD, "index": 0}
    for change in ({"name": "Other"}, {"values": {}}, {"values": {"leaf": 7}}, {"values": {"leaf": "0x00", "more": 1}}):
        bad = TransactionForm.model_validate({**form, "logs": [{**good, **rest, **change}]})
        with pytest.raises((Malformed, MedShareError)):
            bad.value()


class Box(Wire):
    data: Sealed64


@given(st.binary(max_size=300))
def test_sealed_bytes_have_one_text(data):
    text = base64.b64encode(data).decode()
    assert Box.read(json.dumps({"data": text}).encode()).data == data
    assert json.loads(Box(data=data).write()) == {"data": text}


@pytest.mark.parametrize("text", ["AAA", "AAAA\n", "AB==", "A A=", "-_-_", "====", "AAAA="])
def test_sealed_bytes_have_no_other_text(text):
    with pytest.raises(Malformed):
        Box.read(json.dumps({"data": text}).encode())


@pytest.mark.parametrize("change", [{"more": 1}, {"leaf": "0x00"}, {"leaf": WORD.hex()}, {"slot": "1"}, {"slot": True}])
def test_a_form_takes_exactly_its_names_and_types(change):
    good = json.loads(answers.ListedForm.of(Listed(leaf=WORD, slot=1, previous_leaf=WORD)).write())
    with pytest.raises((Malformed, MedShareError)):
        answers.ListedForm.read(json.dumps({**good, **change}).encode())
    with pytest.raises(Malformed):
        answers.ListedForm.read(json.dumps({name: good[name] for name in ("leaf", "slot")}).encode())


def test_a_problem_becomes_the_same_exception_again():
    for error in (NotEnrolled(patient=WHO), TooMany(seconds=3), Fault(request_id="abc")):
        again = from_problem(to_problem(error).write())
        assert (type(again), str(again), again.facts) == (type(error), str(error), error.facts)


def test_a_refusal_brings_its_receipt_and_ground_along():
    receipt = signed(Receipt)
    again = from_problem(to_problem(Refused(ground=Ground.STALE_HEAD, receipt=receipt)).write())
    assert isinstance(again, Refused)
    assert (again.ground, again.receipt) == (Ground.STALE_HEAD, receipt)


@pytest.mark.parametrize("kind", REVERTS.values(), ids=lambda kind: kind.__name__)
def test_every_refusal_of_a_contract_has_a_status_below_500_or_says_that_something_is_down(kind):
    assert status_of(kind.__new__(kind)) in {403, 404, 409, 422, 503}


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"<html>", b'{"code":"gateway.not-enrolled"}'],
)
def test_what_is_no_problem_becomes_an_error_that_says_so(data):
    assert isinstance(from_problem(data), AnswerUnknown)


def test_a_problem_of_a_newer_version_keeps_its_code():
    form = to_problem(NotEnrolled(patient=WHO))
    for change in ({"code": "gateway.from-the-future"}, {"facts": {}}):
        again = from_problem(form.model_copy(update=change).write())
        assert isinstance(again, AnswerUnknown)


def test_urls_are_quoted_and_names_of_routes_are_unique():
    assert CATALOGUE.url(patient=WHO, category="3") == f"/v1/patients/{WHO}/catalogues/3"
    assert CATALOGUE.url(patient="a/b", category="?") == "/v1/patients/a%2Fb/catalogues/%3F"
    assert CONSENTS_FOR.url(query={"grantee": WHO}) == f"/v1/consents?grantee={WHO}"
    assert len({(route.method, route.path) for route in ROUTES.values()}) == len(ROUTES)


def test_a_placement_leaves_out_the_number_that_is_the_gateways_own():
    assert "seq" not in letters.PlaceLetter.model_fields
