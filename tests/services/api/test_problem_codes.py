"""The codes of problem documents: described, with one status each, and listed where they can be answered."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import infra.event_store.command_processor as command_processor
import infra.event_store.command_results as command_results
import infra.event_store.encryption as encryption
from domain.decide import COMMANDS
from domain.messages import NotFound, Refused
from services import api
from services.api.http.openapi import openapi_document
from services.api.http.problem_codes import ANY_ROUTE, PROBLEMS, REFUSALS, WARNING_CODES
from services.api.resources.route_handlers import ROUTE_HANDLERS
from tests.services.api.documented import WITHOUT_ROUTE, codes_documented
from toolchain import refusal_codes
from toolchain.refusal_codes import Undocumented, codes_of

ROOM = Path(api.__file__).parent


def codes_made_in(source: str) -> Iterator[tuple[int, str]]:
    """The status and the code of each problem document that is made in a text of Python with literals."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(ast.Name("Problem"), [ast.Constant(int(status)), ast.Constant(str(code)), *_]):
                yield status, code
            case ast.Call(ast.Name("unavailable"), [ast.Constant(str(code)), *_]):
                yield 503, code
            case ast.Call(ast.Name("not_found"), [_, ast.Constant(str(code))]):
                yield 404, code
            case _:
                pass


def test_every_code_of_the_api_is_described_with_its_status() -> None:
    made = {pair for file in ROOM.rglob("*.py") for pair in codes_made_in(file.read_text(encoding="utf-8"))}
    assert len(made) > 30
    assert {(status, code) for status, code in made if (status, code) not in described()} == set()


def described() -> set[tuple[int, str]]:
    return {(problem.status, code) for code, problem in PROBLEMS.items()}


def test_what_the_event_store_refuses_is_described() -> None:
    modules = (command_processor, command_results, encryption)
    made = {code for module in modules for code in codes_of(vars(module).values(), (Refused, NotFound))}
    assert {"idempotency_key_invalid", "idempotency_key_reused", "blank", "not_storable"} <= made
    assert made <= set(PROBLEMS)


def test_what_a_refusal_means_is_no_status_of_another_kind() -> None:
    missing = codes_of([refusal_codes.DECISIONS], (NotFound,))
    assert {code for code in missing if PROBLEMS[code].status != 404} == set()
    broken = codes_of([refusal_codes.DECISIONS], (Refused,))
    assert {code for code in broken if PROBLEMS[code].status != 422} == set()


def test_the_refusals_of_commands_are_those_in_their_code() -> None:
    assert refusal_codes.refusal_codes() == REFUSALS


def test_every_described_code_is_answered_by_some_route() -> None:
    document = openapi_document(ROUTE_HANDLERS)
    answered = {
        code
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for status in operation["responses"]
        for code in codes_documented(method, path, int(status))
    }
    assert answered | WITHOUT_ROUTE == set(PROBLEMS)


def test_a_new_code_without_a_description_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PROBLEMS, "succeeds_self")
    with pytest.raises(Undocumented, match="describe succeeds_self"):
        refusal_codes.refusal_codes()


def test_a_new_warning_without_a_description_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(WARNING_CODES, "sku_differs")
    with pytest.raises(Undocumented, match="describe sku_differs"):
        refusal_codes.refusal_codes()


def test_a_code_that_is_no_literal_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(refusal_codes.MADE_OF, "{what}_unknown")
    with pytest.raises(Undocumented, match="write its code as a literal"):
        refusal_codes.refusal_codes()


def test_a_commands_refusals_are_listed_where_it_is_sent() -> None:
    for name in COMMANDS:
        path = f"/v1/commands/{name}"
        listed = {code for status in (404, 422) for code in codes_documented("POST", path, status)}
        assert set(REFUSALS[name]) <= listed, name
    assert "earns_nothing" in codes_documented("POST", "/v1/commands/correct-attribution", 422)
    assert "earns_nothing" not in codes_documented("POST", "/v1/commands/record-hours", 422)


def test_what_any_request_may_be_answered_with_is_listed_at_each_route() -> None:
    for path, methods in openapi_document(ROUTE_HANDLERS)["paths"].items():
        for method in methods:
            for code in ANY_ROUTE:
                assert code in codes_documented(method, path, PROBLEMS[code].status), (path, code)
