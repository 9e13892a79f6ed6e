"""Imports into a real log: stopped and started again, run twice, and in several files or runs."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
import pytest

from domain.customer.commands import ForgetCustomer
from domain.messages import Refused
from infra.event_store.quarantine import EVERY_READER, leave_out
from infra.event_store.states import HistoryUnreadable
from services.importing.formats.online_retail.reader import OnlineRetail
from services.importing.pipeline.importer import CHANGED_CONTENT, Importer
from services.importing.pipeline.made_up_associates import refuse_other_number_of_associates
from services.importing.pipeline.reconciliation import Reconciliation
from services.importing.pipeline.unreturned_units import UnreturnedUnits
from tests.services.importing.builders import House, import_retail, retail_file, row, sum_of

OpenHouse = Callable[[], House]

ROWS = [
    row("1", quantity=2, customer="a"),
    row("2", quantity=5, customer="a", at="2010-12-02 09:00:00"),
    row("2", "B", quantity=1, price="0.125", customer="a", at="2010-12-02 09:00:00"),
    row("C3", quantity=-3, customer="a", at="2010-12-03 09:00:00"),
    row("4", quantity=5, customer="b", at="2010-12-04 09:00:00"),
    row("C5", quantity=-9, customer="a", at="2010-12-05 09:00:00"),
    row("C6", quantity=-1, price="1.00", customer="b", at="2010-12-06 09:00:00"),
    row("C7", quantity=-1, customer="c", at="2010-12-07 09:00:00"),
    row("8", quantity=7, customer="", at="2010-12-08 09:00:00"),
    row("C9", quantity=-4, customer="b", at="2010-12-09 09:00:00"),
]


def test_the_log_says_what_the_summary_says(tmp_path: Path, house: House) -> None:
    summary = import_retail(house, retail_file(tmp_path, ROWS))
    sold = sum(sale.net_minor for sale in house.events("sale.recorded.v1"))
    returns = house.events("return.accepted.v1")
    assert (sold, sum(back.refund_minor for back in returns)) == (summary.sold_minor, summary.returned_minor)
    assert (len(house.events("sale.recorded.v1")), len(returns)) == (summary.sales, summary.returns)
    assert (summary.rows, summary.customers, summary.events) == (len(ROWS), 3, house.log.last_position())
    assert sum_of(summary) == 255 * (2 + 5 + 5 + 7 - 3 - 9 - 1 - 4) + 13 - 100


def test_what_is_refused_is_told_and_counted_and_everything_else_goes_on(
    tmp_path: Path, house: House
) -> None:
    """Customer a is forgotten between two files: what they buy is refused, what they bring back is taken."""
    import_retail(house, retail_file(tmp_path, ROWS[:1]))
    [known] = house.events("customer.registered.v1")
    house.handler.handle(ForgetCustomer(customer_id=known.customer_id), "forget")
    file = retail_file(tmp_path, ROWS[1:5], "later.csv")
    for _ in range(2):
        reconciliation = Reconciliation()
        source = OnlineRetail([file], 3, reconciliation)
        importer = Importer(source, reconciliation, house.log)
        importer.run(house.handler, batch_entries_max=2)
        summary = reconciliation.close()
        [refused] = importer.refused
        assert refused.startswith("later.csv lines 2-3: RecordSale import:online-retail:sale:2:")
        assert "has been forgotten" in refused
        assert len(house.events("sale.recorded.v1")) == 2
        assert (summary.sales, summary.skipped["refused"].rows) == (1, 2)
        assert sum_of(summary) == 255 * (5 + 5 - 3) + 13


def test_a_refused_match_behind_a_second_return_of_a_document_has_its_place(
    tmp_path: Path, house: House
) -> None:
    """One document, goods of two sales at other prices; those of the second come to more than is accepted."""
    at = "2010-12-02 09:00:00"
    much, skus = "100000000000.00", [str(20_000 + number) for number in range(11)]
    rows = [
        row("1", "10001", quantity=1, customer="a"),
        *(row("2", sku, quantity=1, customer="a", at=at) for sku in skus),
        row("C3", "10001", quantity=-1, price="1.00", customer="a", at="2010-12-04 09:00:00"),
        *(row("C3", sku, -1, "2010-12-04 09:00:00", much, customer="a") for sku in skus),
    ]
    reconciliation = Reconciliation()
    source = OnlineRetail([retail_file(tmp_path, rows)], 3, reconciliation)
    importer = Importer(source, reconciliation, house.log)
    importer.run(house.handler, batch_entries_max=50)
    told = [sentence.partition(" at ")[0] for sentence in importer.refused]
    [(accepted, key), (matched, match_key)] = (sentence.rsplit(" ", 1) for sentence in told)
    place = "retail.csv lines 14-25"
    assert (accepted, matched) == (f"{place}: AcceptReturn", f"{place}: MatchReturn")
    assert (match_key, key[-2:]) == (f"{key}:match", ":2")


def test_returns_are_traced_without_sales_in_quarantine_and_the_summary_says_so(
    tmp_path: Path, house: House
) -> None:
    import_retail(house, retail_file(tmp_path, ROWS[:1]))
    (sold,) = (event for event in house.log.read(0, 100) if event.topic == "sale.recorded.v1")
    with psycopg.connect(house.url) as connection:
        connection.execute(
            "UPDATE stored_events SET state = %s WHERE notification_id = %s", (b"{}", sold.position)
        )
    back = retail_file(tmp_path, [row("C9", quantity=-1, customer="a", at="2010-12-03 09:00:00")], "back.csv")
    with pytest.raises(HistoryUnreadable):
        import_retail(house, back)
    with psycopg.connect(house.url) as connection:
        leave_out(
            connection, EVERY_READER, sold.stream_id, sold.position, sold.topic, sold.stream_id, "unreadable"
        )
    summary = import_retail(house, back)
    assert (summary.quarantined, summary.returns, summary.sales) == ([sold.position], 1, 0)


def test_every_customer_has_one_primary_owner(tmp_path: Path, house: House) -> None:
    import_retail(house, retail_file(tmp_path, ROWS))
    owners = Counter(event.customer_id for event in house.events("customer.owner_assigned.v1"))
    registered = {event.customer_id for event in house.events("customer.registered.v1")}
    assert owners == dict.fromkeys(registered, 1)
    assert not house.events("customer.owner_reassigned.v1")


@pytest.mark.parametrize(("batch", "stop_after"), [(1, 2), (1, 6), (1, 8), (1, 10), (2, 4), (3, 3)])
def test_a_run_that_was_stopped_and_started_again_ends_in_the_same_log(
    tmp_path: Path, open_house: OpenHouse, batch: int, stop_after: int
) -> None:
    path = retail_file(tmp_path, ROWS)
    whole, pieces = open_house(), open_house()
    at_once = import_retail(whole, path)
    with pytest.raises(KeyboardInterrupt):
        import_retail(pieces, path, batch=batch, stop_after=stop_after)
    again = import_retail(pieces, path, batch=4)
    assert pieces.facts() == whole.facts()
    assert again.already_imported > 0
    for name in ("rows", "sales", "returns", "customers", "sold_minor", "returned_minor", "skipped"):
        assert getattr(again, name) == getattr(at_once, name)


@pytest.mark.parametrize("lines_tracked_max", [1, 500_000])
@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_return_is_traced_the_same_however_close_behind_its_sale_it_is_written(
    tmp_path: Path,
    open_house: OpenHouse,
    monkeypatch: pytest.MonkeyPatch,
    batch: int,
    lines_tracked_max: int,
) -> None:
    path = retail_file(tmp_path, ROWS)
    whole, pieces = open_house(), open_house()
    import_retail(whole, path)
    tracked = partial(UnreturnedUnits, lines_max=lines_tracked_max)
    monkeypatch.setattr("services.importing.pipeline.importer.UnreturnedUnits", tracked)
    import_retail(pieces, path, batch=batch)
    assert pieces.facts() == whole.facts()


def test_the_same_command_again_writes_nothing_and_says_the_same(tmp_path: Path, house: House) -> None:
    path = retail_file(tmp_path, ROWS)
    first = import_retail(house, path)
    facts = house.facts()
    second = import_retail(house, path)
    assert house.facts() == facts
    assert second.events == 0
    assert (second.sales, second.returns, second.customers) == (first.sales, first.returns, first.customers)
    assert (second.sold_minor, second.returned_minor) == (first.sold_minor, first.returned_minor)


def test_files_in_turn_end_in_the_same_log_as_at_once(tmp_path: Path, open_house: OpenHouse) -> None:
    first = retail_file(tmp_path, ROWS[:5], "first.csv")
    second = retail_file(tmp_path, ROWS[4:], "second.csv")
    at_once, in_turn = open_house(), open_house()
    together = import_retail(at_once, first, second)
    import_retail(in_turn, first)
    import_retail(in_turn, second)
    assert in_turn.facts() == at_once.facts()
    assert together.skipped["in_an_earlier_file"].rows == 1
    assert import_retail(in_turn, second, first).events == 0


def test_a_cancellation_of_an_older_file_is_not_traced_to_a_later_sale(tmp_path: Path, house: House) -> None:
    newer = [row("9", customer="a", at="2011-02-01 09:00:00")]
    older = [row("C2", quantity=-1, customer="a", at="2010-12-05 09:00:00")]
    import_retail(house, retail_file(tmp_path, newer, "newer.csv"))
    import_retail(house, retail_file(tmp_path, older, "older.csv"))
    (back,) = house.events("return.accepted.v1")
    assert back.sale_id is None


def test_a_document_that_comes_again_with_other_lines_stays_as_it_was(tmp_path: Path, house: House) -> None:
    import_retail(house, retail_file(tmp_path, ROWS))
    facts = house.facts()
    changed = [row("1", quantity=3, customer="a"), *ROWS[1:]]
    reconciliation = Reconciliation()
    source = OnlineRetail([retail_file(tmp_path, changed, "changed.csv")], 3, reconciliation)
    importer = Importer(source, reconciliation, house.log)
    importer.run(house.handler, batch_entries_max=50)
    summary = reconciliation.close()
    assert importer.changed == ["changed.csv line 2: sale 1"]
    assert house.facts() == facts
    assert (summary.skipped[CHANGED_CONTENT].rows, summary.skipped[CHANGED_CONTENT].amount_minor) == (1, 765)
    assert sum_of(summary) == 255 * (3 + 5 + 5 + 7 - 3 - 9 - 1 - 4) + 13 - 100


def test_another_number_of_associates_is_refused(tmp_path: Path, house: House) -> None:
    import_retail(house, retail_file(tmp_path, ROWS), associates=3)
    refuse_other_number_of_associates(house.handler.known_keys, "online-retail", 3)
    with pytest.raises(Refused, match="--associates 3"):
        refuse_other_number_of_associates(house.handler.known_keys, "online-retail", 4)


def test_units_that_came_back_at_the_till_meanwhile_are_not_traced_again(
    tmp_path: Path, house: House
) -> None:
    from domain.return_.commands import AcceptReturn, LineToReturn

    import_retail(house, retail_file(tmp_path, ROWS[:1]))
    (sale,) = house.events("sale.recorded.v1")
    taken = AcceptReturn(sale_id=sale.sale_id, store_id="till", lines=(LineToReturn(line_no=1, quantity=2),))
    house.handler.handle(taken, "at the till")
    import_retail(
        house,
        retail_file(tmp_path, [row("C2", quantity=-1, customer="a", at="2010-12-05 09:00:00")], "more.csv"),
    )
    assert [back.sale_id for back in house.events("return.accepted.v1")] == [sale.sale_id, None]
