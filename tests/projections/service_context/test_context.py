"""What service is measured against: the row of each stream, and the terms of a past."""

from datetime import date

import pytest

from domain.messages import Event
from projections.service_context.fold import PROJECTION
from projections.service_context.queries import (
    ACTS,
    ACTS_CONCERNING,
    ASSOCIATES,
    EVERYBODY,
    STAFF,
    STANDARDS_AND_CLOCKS,
)
from projections.service_standards.fold import PROJECTION as STANDARDS
from projections.service_standards.queries import (
    ALL_RECORDS,
    ALL_RECORDS_CONCERNING,
    FORGOTTEN,
    RECORDS,
    RECORDS_CONCERNING,
    weeks_between,
)
from projections.service_standards.terms import Terms
from projections.service_terms import Cut, seconds_of
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, STORE
from tests.domain.builders.money_events import associate_transferred, pay_period_opened
from tests.domain.builders.people_events import store_opened
from tests.projections.folding import columns_after, folded
from tests.projections.service_standards.shop import (
    COMPANY,
    EMIL,
    EVER,
    act,
    at,
    forgotten,
    promise,
    retold,
    sale,
    standard,
)
from tests.projections.service_standards.test_corrections import merge
from tests.projections.stored import stored

REPORT, VERIFIED = act("2026-03-02", "2026-03-03")


def terms(*events: Event, position: int = EVER) -> Terms:
    return Terms(folded(PROJECTION, *events).states.values(), Cut(position, seconds_of(at("2026-06-30"))))


def test_a_row_says_what_it_is_about() -> None:
    assert columns_after(PROJECTION, REPORT, VERIFIED) == {
        "kind": "act",
        "verified_on": date(2026, 3, 3),
        "concerns": sorted([BEN, CARL, STORE]),
    }
    for event, kind, concerns in (
        (standard("thank_you", 3), "standards", None),
        (store_opened(), "store", None),
        (pay_period_opened(), "calendar", None),
        (associate_transferred(store_id="uptown"), "associate", ["uptown"]),
    ):
        assert columns_after(PROJECTION, event) == {"kind": kind, "verified_on": None, "concerns": concerns}


def test_a_stores_days_are_its_own_else_its_calendars_else_the_companys() -> None:
    company = pay_period_opened(scope="company", time_zone="Europe/Berlin")
    own = pay_period_opened(scope=STORE, time_zone="Asia/Tokyo")
    opened = store_opened(store_id=STORE, time_zone="America/New_York")
    assert str(terms().zone_of(STORE)) == "UTC"
    assert str(terms(company).zone_of(STORE)) == "Europe/Berlin"
    assert str(terms(company, own).zone_of(STORE)) == "Asia/Tokyo"
    assert str(terms(company, own, opened).zone_of(STORE)) == "America/New_York"
    assert str(terms(company, own, opened, position=2).zone_of(STORE)) == "Asia/Tokyo"


def test_of_two_versions_of_a_day_the_later_one_holds() -> None:
    first = standard("thank_you", 3)
    second = standard("thank_you", 5, version=2)
    known = terms(first, second)
    day = date(2026, 3, 1).toordinal()
    held = known.in_force("thank_you", STORE, day)
    assert held is not None
    assert (held.scope, held.version, held.within_days) == ("company", 2, 5)
    assert known.in_force("thank_you", STORE, day - 1) is None
    assert known.in_force("wish_told", STORE, day) is None
    assert known.within_days_max == 5


@pytest.mark.parametrize(("day", "store_id"), [("2026-03-01", STORE), ("2026-05-01", "uptown")])
def test_somebody_works_where_they_were_sent_last(day: str, store_id: str) -> None:
    sent = associate_transferred(associate_id=ANNA, store_id="uptown", occurred_at=at("2026-04-01"))
    assert terms(*COMPANY, sent).store_of(ANNA, seconds_of(at(day))) == store_id


def test_the_earliest_telling_of_an_act_counts_however_late_it_is_recorded() -> None:
    story = (REPORT, VERIFIED, retold(REPORT, "2026-03-09"), retold(REPORT, "2026-03-05"))
    [told] = [one.told for one in terms(*story, retold(REPORT, "2026-03-12")).acts()]
    assert told is not None
    assert told.position == 4
    [then] = [one.told for one in terms(*story, position=3).acts()]
    assert then is not None
    assert then.position == 3


def test_a_report_of_what_was_reported_before_is_not_to_be_told_again() -> None:
    again, verified = act("2026-03-02", "2026-03-03", duplicate_of="act_" + "9" * 32)
    assert list(terms(again, verified).acts()) == []


def test_rows_are_found_on_real_tables(database_url: str) -> None:
    history = (
        *COMPANY,
        REPORT,
        VERIFIED,
        sale(EMIL, "2026-03-04", 3),
        promise(CLARA, 1, "2026-03-02", "2026-04-15", BEN),
        forgotten(DORA, "2026-03-09"),
        *merge("2026-03-05", "cus_" + "7" * 32, "cus_" + "8" * 32),
    )
    with stored(database_url, folded(PROJECTION, *history), folded(STANDARDS, *history)) as connection:

        def keys(sql: str, **parameters: object) -> set[str]:
            return {row[0] for row in connection.execute(sql.encode(), parameters)}

        weeks = weeks_between(date(2026, 3, 4), date(2026, 3, 4))
        merged = {"cus_" + "7" * 32, "cus_" + "8" * 32}
        assert keys(RECORDS, weeks=weeks) == {EMIL, *merged}
        assert keys(RECORDS_CONCERNING, weeks=weeks, concerned=[ANNA]) == set()
        assert keys(RECORDS_CONCERNING, weeks=weeks, concerned=[BEN]) == {EMIL}
        later = weeks_between(date(2026, 4, 13), date(2026, 4, 19))
        assert keys(RECORDS_CONCERNING, weeks=later, concerned=[BEN]) == {CLARA}
        assert keys(ALL_RECORDS) > {EMIL, CLARA, DORA, *merged}
        assert keys(ALL_RECORDS_CONCERNING, concerned=[BEN]) == {CLARA, DORA, EMIL}
        assert keys(FORGOTTEN, customer_ids=[DORA, CLARA, min(merged)]) == {DORA, *merged}
        assert keys(ACTS, since=date(2026, 3, 3), until=date(2026, 3, 3)) == {REPORT.act_id}
        assert keys(ACTS, since=date(2026, 3, 4), until=date(2026, 3, 9)) == set()
        for concerned, found in (([CARL], {REPORT.act_id}), ([ANNA], set[str]())):
            asked = {"since": date(2026, 3, 3), "until": date(2026, 3, 3), "concerned": concerned}
            assert keys(ACTS_CONCERNING, **asked) == found
        assert keys(STAFF, store_id=STORE) == {ANNA, BEN, CARL}
        assert keys(EVERYBODY) > {ANNA, BEN}
        assert keys(ASSOCIATES, associate_ids=[BEN]) == {BEN}
        assert {key[:3] for key in keys(STANDARDS_AND_CLOCKS)} == {"std", "sto"}
