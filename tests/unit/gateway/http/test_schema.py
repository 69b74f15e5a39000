"""Case A09 of the security review: whatever the OpenAPI document allows, and what it does not, no answer is a fault.

A few examples for each operation here; 2,000 where MEDSHARE_PROFILE is "nightly".
"""

from __future__ import annotations

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from medshare.gateway.wire import routes
from medshare.gateway.wire.routes import ROUTES, Access
from medshare.typed_data.message import MESSAGES
from tests.unit.actors.world import make_world
from tests.unit.gateway.http.door import ORIGIN, HttpDoor

EXAMPLES = 2_000 if os.environ.get("MEDSHARE_PROFILE") == "nightly" else 6
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


@pytest.fixture(scope="module")
def door():
    door = HttpDoor(make_world().gateway)
    yield door
    door.close()


@pytest.fixture(scope="module")
def token(door):
    return door.sign_in(door.desk.gateway.office.key)


@pytest.fixture(scope="module")
def api(door):
    return schemathesis.openapi.from_asgi(routes.OPENAPI, door.app)


@pytest.fixture(scope="module")
def document(door):
    return door.get(routes.OPENAPI).json()


def try_out(api, route, examples, check):
    """Send what the document's generator makes up for one operation, and check each answer."""

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=api[route.path][route.method].as_strategy())
    def sent(case):
        check(case)

    sent()


@pytest.mark.parametrize("name", ROUTES)
def test_no_question_brings_a_fault_or_an_answer_that_is_not_documented(api, token, name):
    """A09. With a session, so that every path is reached."""
    headers = {} if name == "sign_out" else {"Authorization": f"Bearer {token}"}

    def check(case):
        case.call_and_validate(base_url=ORIGIN, headers=headers, checks=CHECKS)

    try_out(api, ROUTES[name], EXAMPLES, check)


@pytest.mark.parametrize("name", [route.name for route in ROUTES.values() if route.access is Access.SESSION])
def test_no_path_with_a_session_answers_without_one(api, name):
    """A09."""

    def check(case):
        answer = case.call(base_url=ORIGIN, headers={})
        assert answer.status_code in ({401, 415} if ROUTES[name].letter else {401})

    try_out(api, ROUTES[name], 2, check)


def test_the_document_has_every_path_and_says_which_need_a_session(document):
    operations = {
        operation["operationId"]: (path, method.upper(), operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) == set(ROUTES)
    for name, route in ROUTES.items():
        path, method, operation = operations[name]
        assert (path, method) == (route.path, route.method)
        assert ("security" in operation) == (route.access is Access.SESSION)
        assert str(route.status) in operation["responses"]
        assert ("requestBody" in operation) == (route.letter is not None)
        problems = [int(status) for status in operation["responses"] if int(status) >= 400]
        assert {404, 422, 429, 500, 503} <= set(problems)
        for status in problems:
            content = operation["responses"][str(status)]["content"]
            assert list(content) == ["application/problem+json"]
    assert document["components"]["securitySchemes"]["session"]["scheme"] == "bearer"


def test_a_signed_message_is_described_to_its_last_field(document):
    schemas = document["components"]["schemas"]
    for letter, kind in (("ReadLetter", "ReadRequest"), ("RevokeLetter", "Revoke"), ("SubmissionLetter", "Submission")):
        form = schemas[letter]["properties"]["signed"]
        assert form["title"] == f"Signed{kind}"
        assert form["required"] == ["kind", "message", "signer", "signature"]
        assert form["additionalProperties"] is False
        assert form["properties"]["kind"]["const"] == kind
        message = schemas[kind]
        assert message["required"] == [member.name for member in MESSAGES[kind].members]
        assert message["additionalProperties"] is False
