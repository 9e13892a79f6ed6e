"""What follows by itself was done, and once: follow-ups for arrivals, statements, leavers' books."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.rounds.oracle.log import Fact
from tests.chaos.rounds.oracle.tables import owners


def undone(log: list[Fact]) -> Iterator[str]:
    """What should have followed and has not, or has followed twice."""
    yield from _statements(log)
    yield from _books_of_leavers(log)
    yield from _follow_ups(log)


def _statements(log: list[Fact]) -> Iterator[str]:
    issued = Counter(
        (fact.content["associate_id"], fact.content["period_id"])
        for fact in log
        if fact.topic == "commission_account.statement_issued.v1"
    )
    yield from (
        f"{count} statements of {one} for {period}" for (one, period), count in issued.items() if count > 1
    )
    with_money: set[str] = set()
    for fact in log:
        if fact.topic == "commission_account.earned.v1" and fact.content.get("period_id") is not None:
            with_money.add(f"{fact.content['associate_id']} {fact.content['period_id']}")
    for fact in log:
        if fact.topic == "pay_period.closed.v1":
            period = fact.content["period_id"]
            for one in sorted(pair.split()[0] for pair in with_money if pair.endswith(f" {period}")):
                if (one, period) not in issued:
                    yield f"{one} has earned in {period}, which is closed, and has no statement"


def _books_of_leavers(log: list[Fact]) -> Iterator[str]:
    left = {fact.stream_id for fact in log if fact.topic == "associate.left.v1"}
    forgotten = {fact.stream_id for fact in log if fact.topic == "customer.forgotten.v1"}
    for customer_id, owner in owners(log).items():
        if owner in left and customer_id not in forgotten:
            yield f"{customer_id} still belongs to {owner}, who has left"


def _follow_ups(log: list[Fact]) -> Iterator[str]:
    arrived: Counter[str] = Counter()
    wishes = {
        (fact.stream_id, fact.content["wish_id"]): fact.content.get("sku")
        for fact in log
        if fact.topic == "customer.wish_recorded.v1"
    }
    planned: Counter[tuple[str, int]] = Counter()
    for fact in log:
        if fact.topic == "stock_arrival.recorded.v1":
            arrived.update(item["sku"] for item in fact.content["items"])
        elif fact.topic == "customer.follow_up_planned.v1" and fact.content.get("wish_id") is not None:
            planned[fact.stream_id, fact.content["wish_id"]] += 1
    for wish, count in planned.items():
        if count > (times := arrived[wishes.get(wish) or ""]):
            yield f"{count} follow-ups for wish {wish}, whose article came in {times} times"
