"""Numbers and times as people write them."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from services.importing.pipeline.amounts import decimal_of, minor, whole_of
from services.importing.pipeline.local_times import LocalTimes, days_come_first

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2.55", "2.55"),
        ("0.001", "0.001"),
        ("1,234.50", "1234.50"),
        ("1,234,567", "1234567"),
        ("£ 12.50", "12.50"),
        ("(12.50)", "-12.50"),
        ("12.50-", "-12.50"),
    ],
)
def test_a_number_is_read_as_it_is_written(text: str, number: str) -> None:
    assert decimal_of(text) == Decimal(number)


@pytest.mark.parametrize(("text", "number"), [("2,55", "2.55"), ("1.234,50", "1234.50"), ("12", "12")])
def test_a_number_with_a_decimal_comma(text: str, number: str) -> None:
    assert decimal_of(text, True) == Decimal(number)


@pytest.mark.parametrize("text", ["", "abc", "nan", "Infinity", "1e400", "1,23", "12,34.5", "1.2.3"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        decimal_of(text)


def test_a_whole_number_may_be_written_with_a_point() -> None:
    assert (whole_of("6"), whole_of("6.0"), whole_of("-1,000")) == (6, 6, -1000)
    with pytest.raises(ValueError, match="whole"):
        whole_of("6.5")


def test_halves_round_away_from_zero_and_currencies_have_their_own_digits() -> None:
    assert (minor(Decimal("0.005")), minor(Decimal("-0.005")), minor(Decimal("2.675"))) == (1, -1, 268)
    assert (minor(Decimal("1234"), 0), minor(Decimal("1.2345"), 3)) == (1234, 1235)


@pytest.mark.parametrize(
    "text",
    [
        "2010-12-01 08:26:00",
        "2010-12-01T08:26",
        "12/1/2010 8:26",
        "12/1/10 8:26",
        "01.12.2010 08:26",
        "12/1/2010 8:26 AM",
    ],
)
def test_times_are_read_in_the_forms_that_copies_have(text: str) -> None:
    assert LocalTimes(LONDON).instant(text) == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)


def test_a_day_alone_is_noon() -> None:
    noon = datetime(2010, 7, 1, 11, tzinfo=UTC)
    assert {LocalTimes(LONDON).instant(text) for text in ("2010-07-01", "7/1/2010", "01.07.2010")} == {noon}


def test_a_skipped_time_is_an_hour_later_and_one_shown_twice_is_the_first() -> None:
    times = LocalTimes(LONDON)
    assert times.instant("2011-03-27 01:30:00") == datetime(2011, 3, 27, 1, 30, tzinfo=UTC)
    assert times.instant("2011-03-27 02:30:00") == datetime(2011, 3, 27, 1, 30, tzinfo=UTC)
    assert times.instant("2011-10-30 01:30:00") == datetime(2011, 10, 30, 0, 30, tzinfo=UTC)


def test_an_offset_is_taken_at_its_word() -> None:
    assert LocalTimes(LONDON).instant("2010-07-01T08:00:00+02:00") == datetime(2010, 7, 1, 6, tzinfo=UTC)


def test_a_pattern_of_days_reads_a_time_of_day_behind_it() -> None:
    times = LocalTimes(UTC, pattern="%d.%m.%Y")
    assert times.instant("03.04.2020") == datetime(2020, 4, 3, 12, tzinfo=UTC)
    assert times.instant("03.04.2020 09:05") == datetime(2020, 4, 3, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "2010-13-01", "31/31/2010", "2010-12-01 25:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        LocalTimes(LONDON).instant(text)


def test_what_has_not_come_yet_is_no_time_of_a_history() -> None:
    times = LocalTimes(UTC, now=datetime(2011, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="is in the future"):
        times.instant("2011-01-02")
    with pytest.raises(ValueError, match="is too long ago"):
        times.instant("1800-01-02")


def test_whether_days_come_first_is_found_out_from_all_of_them() -> None:
    assert days_come_first(["3/4/2011", "1/2/2011", "13/2/2011"])
    assert days_come_first(["3/4/2011", "1/13/2011", "13/2/2011"]) is False
    assert days_come_first(["3/4/2011", "2011-12-31"]) is None
