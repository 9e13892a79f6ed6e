"""Owners, spend, visits, acts, employment and the calendar, reckoned from the facts, beside the tables."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import psycopg

from tests.chaos.rounds.oracle.log import Fact


def owners(log: list[Fact]) -> dict[str, str]:
    """Whose customer each record is."""
    found: dict[str, str] = {}
    for fact in log:
        if fact.topic == "customer.owner_reassigned.v1" or (
            fact.topic == "customer.owner_assigned.v1" and fact.content.get("role", "primary") == "primary"
        ):
            found[fact.content["customer_id"]] = fact.content["associate_id"]
    return found


def spend(log: list[Fact]) -> dict[str, int]:
    """What each customer bought less what they brought back; every sale of the rounds has its receipt."""
    found: dict[str, int] = defaultdict(int)
    for fact in log:
        customer_id = fact.content.get("customer_id")
        if customer_id is None:
            continue
        if fact.topic == "sale.recorded.v1":
            found[customer_id] += fact.content["net_minor"]
        elif fact.topic == "return.accepted.v1":
            found[customer_id] -= fact.content["refund_minor"]
    return dict(found)


def sales(log: list[Fact]) -> dict[str, int]:
    """How many sales each customer has."""
    found: dict[str, int] = defaultdict(int)
    for fact in log:
        if fact.topic == "sale.recorded.v1" and (customer_id := fact.content.get("customer_id")) is not None:
            found[customer_id] += 1
    return dict(found)


def acts(log: list[Fact]) -> dict[str, str]:
    """What came of every act."""
    status = {
        "heroic_act.reported.v1": "reported",
        "heroic_act.verified.v1": "verified",
        "heroic_act.rejected.v1": "rejected",
        "heroic_act.revoked.v1": "revoked",
    }
    return {fact.content["act_id"]: status[fact.topic] for fact in log if fact.topic in status}


def tellings(log: list[Fact]) -> dict[str, int]:
    """How often each act was retold."""
    found: dict[str, int] = defaultdict(int)
    for fact in log:
        if fact.topic == "heroic_act.retold.v1":
            found[fact.content["act_id"]] += 1
    return dict(found)


def employment(log: list[Fact]) -> dict[str, bool]:
    """Who was hired, and whether they have left."""
    found: dict[str, bool] = {}
    for fact in log:
        if fact.topic == "associate.hired.v1":
            found[fact.stream_id] = False
        elif fact.topic == "associate.left.v1":
            found[fact.stream_id] = True
    return found


def closed_periods(log: list[Fact]) -> set[str]:
    """The pay periods that were closed."""
    return {fact.content["period_id"] for fact in log if fact.topic == "pay_period.closed.v1"}


def unlike_the_tables(log: list[Fact], connection: psycopg.Connection[Any]) -> Iterator[str]:
    """Where a column is not what the facts come to."""

    def column(query: str) -> dict[str, Any]:
        return {row[0]: row[1] for row in connection.execute(query.encode())}

    book = "FROM projections.clientele_book WHERE"
    yield from _differences(
        "owner", owners(log), column(f"SELECT key, primary_owner {book} primary_owner IS NOT NULL")
    )
    yield from _differences(
        "spend", _some(spend(log)), column(f"SELECT key, net_spend_minor {book} net_spend_minor <> 0")
    )
    yield from _differences(
        "sales of",
        sales(log),
        column("SELECT key, sales FROM projections.loyalty_score WHERE sales > 0"),
    )
    yield from _differences(
        "purchases of",
        sales(log),
        column(
            "SELECT key, json_array_length(state->'bought') FROM projections.service_standards "
            "WHERE state->'bought' IS NOT NULL"
        ),
    )
    yield from _differences("act", acts(log), column("SELECT key, status FROM projections.heroics_wall"))
    yield from _differences(
        "tellings of",
        tellings(log),
        column(
            "SELECT key, (state->>'told')::integer FROM projections.heroics_wall "
            "WHERE state->>'told' IS NOT NULL"
        ),
    )
    yield from _differences(
        "leaving of",
        employment(log),
        column("SELECT key, left_on IS NOT NULL FROM projections.associate_directory"),
    )
    closed = column(
        "SELECT period_id, true FROM projections.pay_calendar, unnest(closed_periods) AS period_id"
    )
    yield from _differences("closing of", dict.fromkeys(closed_periods(log), True), closed)


def _some(sums: dict[str, int]) -> dict[str, int]:
    return {key: minor for key, minor in sums.items() if minor}


def _differences(what: str, expected: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            yield f"{what} {key}: the log says {expected.get(key)}, the table {found.get(key)}"
