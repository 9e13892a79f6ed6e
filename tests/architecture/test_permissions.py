"""The table of roles has a row for every route and every command, and gives no role what is not theirs."""

from collections.abc import Sequence
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler

from domain.decide import COMMANDS as DOMAIN_COMMANDS
from services.api.auth import permissions
from services.api.auth.permissions import (
    COLUMNS,
    COMMANDS,
    MAINTENANCE,
    ONESELF,
    PUBLIC,
    READS,
    SECOND_PERSON,
    MissingPermission,
    check_complete,
)
from services.api.auth.roles_page import roles_page
from services.api.http.openapi import openapi_document
from services.api.resources.belonging import IDS, OWN, STORES
from services.api.resources.route_handlers import ROUTE_HANDLERS
from tests.architecture.planting import ROOT

#: Reads whose answers hold no name, no pay and no story of anybody.
OF_NOBODY = {
    "score_parameters", "event_ranges", "event_epochs", "stores",
    "house", "dead_letters", "maintenance_tasks", "maintenance_task", "audit", "openings",
}  # fmt: skip
EVERY = {**READS, **COMMANDS, **MAINTENANCE}
DOCUMENT: dict[str, Any] = openapi_document(ROUTE_HANDLERS)


def operations(handlers: Sequence[HTTPRouteHandler] = ROUTE_HANDLERS) -> set[str]:
    return {str(handler.name) for handler in handlers}


def test_every_route_and_every_command_has_a_row_and_every_row_names_one() -> None:
    variants = {name.partition("?")[0] for name in READS}
    assert operations() == {*PUBLIC, *ONESELF, *variants, *COMMANDS, *MAINTENANCE}
    assert set(COMMANDS) == set(DOMAIN_COMMANDS)
    assert set(SECOND_PERSON) <= set(COMMANDS)


@pytest.mark.parametrize("name", ["ledger", "record-sale"])
def test_a_route_without_a_row_ends_the_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_complete(ROUTE_HANDLERS)
    rows = {**READS, **COMMANDS, **MAINTENANCE}
    rows.pop(name, None)
    monkeypatch.setattr(permissions, "_ROWS", rows)
    with pytest.raises(MissingPermission, match=f"no row for {name}$"):
        check_complete(ROUTE_HANDLERS)


def parameters_of(operation: str) -> set[str]:
    """The names of an operation's parameters, by the OpenAPI document."""
    found = (one for path in DOCUMENT["paths"].values() for one in path.values())
    (described,) = (one for one in found if one["operationId"] == operation)
    return {parameter["name"] for parameter in described["parameters"] if "name" in parameter}


def test_what_a_right_is_asked_of_is_a_parameter_or_a_field() -> None:
    for name, row in READS.items():
        operation, _, variant = name.partition("?")
        assert {*row.about, *filter(None, [variant.partition("=")[0]])} <= parameters_of(operation), name
    for name, row in COMMANDS.items():
        fields = set(DOMAIN_COMMANDS[name].__struct_fields__)
        assert set(row.about) <= fields, name
        assert SECOND_PERSON.get(name, "associate_id") in fields | {"associate_id"}, name


def test_every_right_can_be_found_out() -> None:
    for name, row in EVERY.items():
        assert set(row.about) <= {*IDS, *STORES}, name
        if "own" in row.rights.values():
            assert set(row.about) & set(OWN), name


def test_an_auditor_reads_all_and_changes_nothing() -> None:
    assert {row.rights["auditor"] for row in READS.values()} == {"all"}
    assert {row.rights["auditor"] for row in (*COMMANDS.values(), *MAINTENANCE.values())} == {"no"}


def test_ops_read_nothing_with_a_name() -> None:
    assert {name for name, row in READS.items() if row.rights["ops"] != "no"} == OF_NOBODY


def test_a_till_only_sells_takes_back_registers_and_looks_up() -> None:
    may = {name for name, row in EVERY.items() if row.rights["point_of_sale"] != "no"}
    goods = {"record-sale", "attach-customer", "accept-return", "match-return", "link-exchange"}
    looks_up = {"sale", "sales", "return", "register-customer", "customers", "stores", "colleagues"}
    assert may == goods | looks_up


def test_nobody_but_auditors_payroll_and_ops_has_all_of_what_belongs_to_somebody() -> None:
    for name, row in EVERY.items():
        if row.about:
            assert "all" not in {row.rights[role] for role in ("associate", "manager", "point_of_sale")}, name


def test_the_page_of_roles_is_that_of_the_table() -> None:
    page = (ROOT / "docs" / "roles.md").read_text(encoding="utf-8")
    assert page == roles_page()
    for name in EVERY:
        assert page.count(f"| `{name}` | ") >= 1
    assert all(role in page for role in COLUMNS)
