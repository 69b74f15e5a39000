"""A header has one accepted form, bounded limits, and opens only for those it names. Cases S03 to S05, K01, K02, K04."""

from __future__ import annotations

import base64
import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.age import (
    FileKey,
    ScryptIdentity,
    ScryptRecipient,
    Stanza,
    open_header,
    parse_header,
    read_header,
    rewrap,
    seal_header,
    split,
)
from medshare.age import errors as age
from medshare.age.header import MAX_HEADER, MAX_LINE, MAX_STANZAS, _mac
from medshare.age.stanza import decode_base64, encode_base64
from medshare.errors import IntegrityError
from tests.unit.age.actors import (
    CLINIC,
    ELDER,
    OTHER_ELDER,
    PASSPHRASE,
    PATIENT,
    RIGHT,
    STRANGER,
    WRONG,
    fresh,
    repeatable,
)

CAPSULE = seal_header(fresh(), [PATIENT.recipient])
CLASSICAL = seal_header(fresh(), [ELDER.recipient], repeatable())
LOCKED = seal_header(fresh(), [PASSPHRASE], repeatable())
VERSION = b"age-encryption.org/v1\n"
MAC = b"--- " + b"A" * 43 + b"\n"
GREASE = b"-> grease\n\n"


def refused(header: bytes, error, identity=PATIENT):
    with pytest.raises(error) as caught:
        open_header(header, [identity])
    assert type(caught.value) is error


def changed(header: bytes, old: bytes, new: bytes) -> bytes:
    assert header.count(old) == 1
    return header.replace(old, new)


# -- who opens it


@pytest.mark.parametrize(("header", "identity"), [(CAPSULE, PATIENT), (CLASSICAL, ELDER), (LOCKED, RIGHT)])
def test_the_recipient_finds_the_file_key(header, identity):
    assert open_header(header, [identity]) == fresh()
    assert open_header(header, [STRANGER, OTHER_ELDER, identity]) == fresh()


@pytest.mark.parametrize("header", [CAPSULE, CLASSICAL])
@pytest.mark.parametrize("identities", [[], [STRANGER], [OTHER_ELDER], [WRONG], [STRANGER, OTHER_ELDER, WRONG]])
def test_nobody_else_finds_it(header, identities):
    """Case K04."""
    with pytest.raises(age.NoIdentityMatches):
        open_header(header, identities)


@pytest.mark.parametrize("identities", [[WRONG], [PATIENT], [ELDER, WRONG]])
def test_a_wrong_passphrase_is_told_as_such(identities):
    with pytest.raises(age.WrongPassphrase):
        open_header(LOCKED, identities)


def test_every_recipient_of_a_header_finds_the_same_key():
    header = seal_header(fresh(), [CLINIC.recipient, PATIENT.recipient])
    assert open_header(header, [PATIENT]) == open_header(header, [CLINIC]) == fresh()
    header = seal_header(fresh(), [OTHER_ELDER.recipient, ELDER.recipient])
    assert open_header(header, [ELDER]) == open_header(header, [OTHER_ELDER]) == fresh()


def test_a_rewrapped_header_holds_the_same_key_and_no_old_recipient():
    again = rewrap(CAPSULE, PATIENT, [CLINIC.recipient])
    assert open_header(again, [CLINIC]) == fresh()
    refused(again, age.NoIdentityMatches)


def test_two_headers_for_the_same_key_have_nothing_in_common():
    assert seal_header(fresh(), [PATIENT.recipient]) != CAPSULE
    assert seal_header(fresh(), [ELDER.recipient]) != CLASSICAL


# -- what may stand together


def test_somebody_must_be_named():
    with pytest.raises(age.NoRecipients):
        seal_header(fresh(), [])


def test_as_many_recipients_as_the_limit_and_no_more():
    header = seal_header(fresh(), [PATIENT.recipient] * MAX_STANZAS)
    assert len(header) < MAX_HEADER
    assert open_header(header, [PATIENT]) == fresh()
    with pytest.raises(age.TooManyRecipients):
        seal_header(fresh(), [PATIENT.recipient] * (MAX_STANZAS + 1))


@pytest.mark.parametrize(
    "recipients",
    [
        [PATIENT.recipient, ELDER.recipient],
        [PATIENT.recipient, PASSPHRASE],
        [PASSPHRASE, ELDER.recipient],
        [PASSPHRASE, PASSPHRASE],
    ],
)
def test_recipients_of_different_strength_never_share_a_header(recipients):
    """[E-004] Case K10, adapted."""
    with pytest.raises(age.MixedRecipients):
        seal_header(fresh(), recipients)


@pytest.mark.parametrize("identity", [RIGHT, PATIENT])
def test_a_passphrase_beside_anything_is_refused_by_everyone(identity):
    stanza = LOCKED[len(VERSION) : LOCKED.index(b"---")]
    for body in (stanza + GREASE, GREASE + stanza, stanza + stanza):
        refused(VERSION + body + MAC, age.ScryptNotAlone, identity)
    with pytest.raises(age.ScryptNotAlone):
        RIGHT.unwrap(parse_header(VERSION + stanza + GREASE + MAC).stanzas)


# -- authenticity


@settings(deadline=None, max_examples=150)
@given(data=st.data(), sealed=st.sampled_from([(CAPSULE, PATIENT), (CLASSICAL, ELDER), (LOCKED, RIGHT)]))
def test_no_flipped_bit_of_a_header_is_overlooked(data, sealed):
    """Cases S03 and K03, adapted."""
    header, identity = sealed
    bit = data.draw(st.integers(0, len(header) * 8 - 1))
    flipped = bytearray(header)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(IntegrityError):
        open_header(bytes(flipped), [identity])


@settings(deadline=None, max_examples=60)
@given(length=st.integers(0, len(CAPSULE) - 1))
def test_no_cut_of_a_header_is_overlooked(length):
    """Case S04."""
    with pytest.raises(age.HeaderError):
        open_header(CAPSULE[:length], [PATIENT])
    with pytest.raises(age.HeaderError):
        read_header(io.BytesIO(CAPSULE[:length]))


@pytest.mark.parametrize("extra", [b"\n", b"x", CAPSULE])
def test_nothing_may_follow_a_header_that_stands_alone(extra):
    """Case S05."""
    refused(CAPSULE + extra, age.HeaderExtended)


def test_a_stanza_added_to_a_header_is_a_forgery():
    refused(changed(CAPSULE, VERSION, VERSION + GREASE), age.HeaderForged)


def test_the_mac_of_another_header_is_a_forgery():
    """[E-002]."""
    other = seal_header(FileKey.generate(), [PATIENT.recipient])
    refused(CAPSULE[: CAPSULE.index(b"---")] + other[other.index(b"---") :], age.HeaderForged)


def test_a_header_commits_to_one_file_key():
    """Cases S09 and K05, adapted: one of two readers who were given different keys notices, and may complain."""
    stanzas = CLINIC.recipient.wrap(fresh(b"another")).encode() + PATIENT.recipient.wrap(fresh()).encode()
    covered = VERSION + stanzas + b"---"
    header = covered + b" " + encode_base64(_mac(fresh(), covered)).encode() + b"\n"
    assert open_header(header, [PATIENT]) == fresh()
    refused(header, age.HeaderForged, CLINIC)


# -- form


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            [b"-> ", b"--- ", b"\n", b"A" * 64, b"A" * 43, b"grease", b" ", b"=", b"\r", b"\x00", b"---", GREASE]
        )
        | st.binary(max_size=80),
        max_size=12,
    ).map(b"".join)
)
def test_whatever_comes_is_a_header_or_a_typed_error(data):
    for header in (data, VERSION + data, VERSION + GREASE + data):
        with pytest.raises((age.HeaderError, age.NoIdentityMatches)):
            open_header(header, [PATIENT])
        with contextlib.suppress(age.HeaderError):
            parse_header(read_header(io.BytesIO(header)))


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (b"", age.UnknownVersion),
        (b"age-encryption.org/v2\n" + CAPSULE[22:], age.UnknownVersion),
        (CAPSULE.replace(b"\n", b"\r\n"), age.UnknownVersion),
        (VERSION, age.HeaderTruncated),
        (VERSION + MAC, age.TooManyStanzas),
        (VERSION + GREASE * (MAX_STANZAS + 1) + MAC, age.TooManyStanzas),
        (VERSION + GREASE * MAX_STANZAS + MAC, age.NoIdentityMatches),
        (VERSION + b"->grease\n\n" + MAC, age.StanzaMalformed),
        (VERSION + b"-> \n\n" + MAC, age.StanzaMalformed),
        (VERSION + b"-> grease  two\n\n" + MAC, age.StanzaMalformed),
        (VERSION + b"-> grease\x7f\n\n" + MAC, age.StanzaMalformed),
        (VERSION + "-> größe\n\n".encode() + MAC, age.StanzaMalformed),
        (VERSION + b"-> grease\n" + b"A" * 65 + b"\n" + MAC, age.StanzaMalformed),
        (VERSION + b"-> grease\n" + b"A" * 64 + b"\n" + MAC, age.NotCanonicalBase64),
        (VERSION + b"-> grease\n" + b"A" * 64 + b"\n", age.HeaderTruncated),
        (VERSION + b"-> grease\nAA==\n" + MAC, age.NotCanonicalBase64),
        (VERSION + b"-> grease\nA\n" + MAC, age.NotCanonicalBase64),
        (VERSION + b"-> grease\nAB\n" + MAC, age.NotCanonicalBase64),
        (VERSION + b"-> grease\nA A\n" + MAC, age.NotCanonicalBase64),
        (VERSION + GREASE + b"---" + b"A" * 43 + b"\n", age.MacLineMalformed),
        (VERSION + GREASE + b"--- " + b"A" * 42 + b"\n", age.MacLineMalformed),
        (VERSION + GREASE + b"--- " + b"A" * 42 + b"B\n", age.MacLineMalformed),
        (VERSION + GREASE + b"--- " + b"A" * 43 + b" \n", age.MacLineMalformed),
        (VERSION + GREASE + b"--- " + b"A" * 43, age.HeaderTruncated),
        (VERSION + b"-> " + b"A" * (MAX_LINE - 3) + b"\n\n" + MAC, age.NoIdentityMatches),
        (VERSION + b"-> " + b"A" * (MAX_LINE - 2) + b"\n\n" + MAC, age.LineTooLong),
        (VERSION + (b"-> grease\n" + (b"A" * 64 + b"\n") * 1100 + b"\n") + MAC, age.HeaderTooLong),
    ],
)
def test_a_header_has_one_form(header, error):
    """Case K01, adapted: nothing is decrypted before the form is right."""
    refused(header, error)
    if error not in (age.NoIdentityMatches, age.UnknownVersion):
        with pytest.raises(age.HeaderError):
            read_header(io.BytesIO(header))


def test_a_header_is_read_from_a_stream_up_to_the_payload():
    source = io.BytesIO(CAPSULE + b"payload")
    assert read_header(source) == CAPSULE
    assert source.read() == b"payload"
    assert split(CAPSULE + b"payload") == (CAPSULE, b"payload")


@pytest.mark.parametrize("text", [b"A===", b"AAA=", b"A", b"AAAAA", b"AB", b"AA\n", b"A-_A", b"\xff\xff"])
def test_base64_has_one_form(text):
    with pytest.raises(age.NotCanonicalBase64):
        decode_base64(text)


@given(st.binary(max_size=100))
def test_base64_is_the_standard_one_without_padding(data):
    assert encode_base64(data) == base64.b64encode(data).decode().rstrip("=")
    assert decode_base64(encode_base64(data).encode()) == data


@given(
    arguments=st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), min_size=1, max_size=4),
    body=st.binary(max_size=200),
)
def test_a_stanza_of_any_kind_keeps_its_form(arguments, body):
    stanza = Stanza(tuple(arguments), body)
    assert parse_header(VERSION + stanza.encode() + MAC).stanzas == (stanza,)


# -- the stanzas that a key can open


def stanza_of(header: bytes) -> Stanza:
    (stanza,) = parse_header(header).stanzas
    return stanza


def with_stanza(*arguments: str, body: bytes) -> bytes:
    return VERSION + Stanza(arguments, body).encode() + MAC


@pytest.mark.parametrize(("header", "identity"), [(CAPSULE, PATIENT), (CLASSICAL, ELDER), (LOCKED, RIGHT)])
def test_a_stanza_of_a_known_kind_has_exactly_its_arguments_and_lengths(header, identity):
    """Case K01."""
    stanza = stanza_of(header)
    kind, share, *rest = stanza.arguments
    refused(with_stanza(kind, share, *rest, "more", body=stanza.body), age.StanzaArguments, identity)
    refused(with_stanza(kind, body=stanza.body), age.StanzaArguments, identity)
    for length in (len(stanza.body) - 1, len(stanza.body) + 1, 0):
        body = (stanza.body + b"-")[:length]
        refused(with_stanza(kind, share, *rest, body=body), age.WrappedKeyLength, identity)
    raw = decode_base64(share.encode())
    for wrong in (raw[:-1], raw + b"-", raw[:1]):
        refused(with_stanza(kind, encode_base64(wrong), *rest, body=stanza.body), age.ShareMalformed, identity)
    refused(with_stanza(kind, share + "=", *rest, body=stanza.body), age.NotCanonicalBase64, identity)


@pytest.mark.parametrize(("header", "identity"), [(CAPSULE, ELDER), (CLASSICAL, PATIENT)])
def test_a_stanza_under_the_name_of_another_kind_is_refused(header, identity):
    """Case K01: one kind's bytes tagged as another."""
    other = {"X25519": "mlkem768x25519", "mlkem768x25519": "X25519"}
    stanza = stanza_of(header)
    refused(with_stanza(other[stanza.kind], stanza.arguments[1], body=stanza.body), age.ShareMalformed, identity)


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31), (2**255 - 20).to_bytes(32, "little")])
def test_a_share_that_gives_no_secret_is_refused(point):
    """Case K02."""
    refused(with_stanza("X25519", encode_base64(point), body=bytes(32)), age.LowOrderShare, ELDER)
    stanza = stanza_of(CAPSULE)
    enc = decode_base64(stanza.arguments[1].encode())[:1088] + point
    refused(with_stanza(stanza.kind, encode_base64(enc), body=stanza.body), age.LowOrderShare)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("21", age.WorkFactorTooHigh),
        ("23", age.WorkFactorTooHigh),
        ("9" * 100, age.WorkFactorTooHigh),
        ("0", age.WorkFactorMalformed),
        ("04", age.WorkFactorMalformed),
        ("+4", age.WorkFactorMalformed),
        ("0x4", age.WorkFactorMalformed),
        ("4x", age.WorkFactorMalformed),
        ("5", age.WrongPassphrase),
    ],
)
def test_a_work_factor_is_a_plain_number_within_the_limit(text, error):
    stanza = stanza_of(LOCKED)
    refused(with_stanza("scrypt", stanza.arguments[1], text, body=stanza.body), error, RIGHT)


def test_the_limit_of_the_work_factor_is_the_readers_own():
    """[E-005]."""
    header = seal_header(fresh(), [ScryptRecipient.from_secret_text("pass", work_factor=6)])
    assert open_header(header, [ScryptIdentity.from_secret_text("pass", max_work_factor=6)]) == fresh()
    refused(header, age.WorkFactorTooHigh, ScryptIdentity.from_secret_text("pass", max_work_factor=5))
