"""The money of every associate, added up from the facts by sums of our own."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from tests.chaos.rounds.oracle.log import Fact

#: What a fact does to what an associate has earned and was not paid: kind of entry, field, sign.
_ENTRIES: dict[str, tuple[str, str, int]] = {
    "commission_account.earned.v1": ("earned", "amount_minor", 1),
    "commission_account.clawed_back.v1": ("clawed_back", "amount_minor", -1),
    "commission_account.allowance_clawed_back.v1": ("clawed_back", "amount_minor", -1),
    "commission_account.restored.v1": ("restored", "amount_minor", 1),
    "commission_account.late_topped_up.v1": ("late_topped_up", "amount_minor", 1),
    "commission_account.moved.v1": ("moved", "amount_minor", 1),
    "commission_account.topped_up.v1": ("topped_up", "amount_minor", 1),
    "commission_account.deficit_carried.v1": ("carried", "amount_minor", 1),
    "commission_account.deficit_forgiven.v1": ("forgiven", "amount_minor", 1),
    "commission_account.deficit_recouped.v1": ("recouped", "amount_minor", -1),
    "commission_account.statement_issued.v1": ("paid", "pay_minor", -1),
}
Sums = dict[str, dict[str, int]]
Get = Callable[[str], tuple[int, dict[str, Any]]]


def expected_sums(log: list[Fact]) -> Sums:
    """Minor units by associate and kind of entry; kinds that come to nothing are left out."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for fact in log:
        if (entry := _ENTRIES.get(fact.topic)) is not None:
            kind, field, sign = entry
            sums[fact.content["associate_id"]][kind] += sign * fact.content[field]
    return _without_nothing(sums)


def table_sums(connection: psycopg.Connection[Any]) -> Sums:
    """The same out of the postings' rows."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = connection.execute(
        "SELECT key, source, target, lines::text, kind FROM projections.commission_ledger_postings "
        "WHERE starts_with(key, 'acc_')"
    )
    for key, source, target, lines, kind in rows:
        minor = sum(line[1] for line in json.loads(lines))
        sums[f"ass_{key[4:]}"][kind] += minor * ((target == "associate") - (source == "associate"))
    return _without_nothing(sums)


def balances(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """What each account's row says is earned and not paid."""
    rows = connection.execute(
        "SELECT associate_id, balance_minor FROM projections.commission_ledger WHERE starts_with(key, 'acc_')"
    )
    return {associate_id: minor for associate_id, minor in rows if minor}


def http_sums(get: Get, associate_id: str, at_least: int) -> tuple[dict[str, int], int]:
    """The same as readers get it, page by page, and the balance they are told."""
    sums: dict[str, int] = defaultdict(int)
    path = f"/v1/associates/{associate_id}/ledger?limit=200&at_least={at_least}"
    status, page = get(path)
    balance = ((page.get("account") or {}).get("balances") or {}).get("USD", 0)
    while True:
        if status != 200:
            raise ValueError(f"GET {path} answered {status}: {page}")
        for entry in page["entries"]:
            if entry["account"] == f"associate:{associate_id}":
                sums[entry["kind"]] += entry["amount_minor"]
        if page["next"] is None:
            return {kind: minor for kind, minor in sums.items() if minor}, balance
        status, page = get(f"{path}&after={page['next']}")


def unlike_the_money(log: list[Fact], connection: psycopg.Connection[Any], get: Get) -> Iterator[str]:
    """Associates whose table, balance or HTTP answer is not what the facts come to."""
    expected, rows, held = expected_sums(log), table_sums(connection), balances(connection)
    for associate_id in sorted(expected.keys() | rows.keys() | held.keys()):
        sums = expected.get(associate_id, {})
        if rows.get(associate_id, {}) != sums:
            yield f"money of {associate_id}: the log says {sums}, the postings {rows.get(associate_id)}"
        if held.get(associate_id, 0) != sum(sums.values()):
            row = held.get(associate_id)
            yield f"balance of {associate_id}: the log says {sum(sums.values())}, its row {row}"
        told = http_sums(get, associate_id, log[-1].position)
        if told != (sums, sum(sums.values())):
            yield f"ledger of {associate_id} over HTTP: the log says {sums}, readers are told {told}"


def _without_nothing(sums: dict[str, dict[str, int]]) -> Sums:
    kept = {one: {kind: minor for kind, minor in kinds.items() if minor} for one, kinds in sums.items()}
    return {one: kinds for one, kinds in kept.items() if kinds}
