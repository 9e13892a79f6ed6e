"""Questions with their answers, signatures, and which statements time signs; on a real PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from psycopg import Connection

from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.commission_ledger.fold import PROJECTION as LEDGER
from projections.commission_ledger.queries import STATEMENTS
from projections.pay_calendar.fold import PROJECTION as PAY_CALENDAR
from projections.pay_questions.fold import PROJECTION
from projections.pay_questions.queries import (
    DUE,
    QuestionDocument,
    questions,
    questions_of,
    questions_parameters,
    signature_of,
    with_signatures,
)
from tests.domain.builders import money_events
from tests.domain.builders.money_commands import ANNA, BEN, CLOSED_AT, STORE
from tests.domain.builders.questions import (
    ANSWERED_AT,
    ASKED_AT,
    OTHER_QUESTION,
    QUESTION,
    SIGNED_AT,
    entry_questioned,
    question_answered,
    question_closed,
    question_opened,
    statement_signed,
)
from tests.projections.folding import folded
from tests.projections.stored import stored

ACCOUNT = ANNA.replace("ass_", "acc_")
OF_BEN = "que_" + "3" * 32
APRIL = {"period_id": "2024-04", "starts_on": date(2024, 4, 1), "ends_on": date(2024, 4, 30)}
#: Anna's questions about March (answered) and April (open), Ben's about a statement (open), who works uptown.
HISTORY = (
    money_events.associate_hired(),
    money_events.associate_hired(associate_id=BEN, store_id="uptown"),
    money_events.pay_period_opened(time_zone="Pacific/Honolulu"),
    money_events.pay_period_opened(**APRIL),
    money_events.statement_issued(),
    entry_questioned(),
    question_opened(),
    question_answered(),
    question_closed(),
    money_events.statement_issued(**APRIL),
    entry_questioned(question_id=OTHER_QUESTION, period_id="2024-04", follows=QUESTION),
    question_opened(question_id=OTHER_QUESTION, period_id="2024-04"),
    money_events.statement_issued(associate_id=BEN),
    entry_questioned(question_id=OF_BEN, associate_id=BEN, entry_position=None, line_no=None),
    question_opened(question_id=OF_BEN, associate_id=BEN, entry_position=None, line_no=None),
)
NOW = ASKED_AT + timedelta(days=10, hours=23)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection[Any]]:
    projections = (PROJECTION, DIRECTORY, PAY_CALENDAR, LEDGER)
    with stored(database_url, *(folded(each, *HISTORY) for each in projections)) as connection:
        yield connection


def found(connection: Connection[Any], **asked: Any) -> list[QuestionDocument]:
    parameters = questions_parameters(**asked)
    rows = connection.execute(questions(parameters).encode(), parameters).fetchall()
    return questions_of(rows, NOW)


def test_a_question_is_served_with_its_answer_and_where_the_associate_works(
    connection: Connection[Any],
) -> None:
    (first, *_) = found(connection)
    assert (first.question_id, first.status, first.store_id) == (QUESTION, "answered", STORE)
    assert first.question == entry_questioned().question
    assert (first.outcome, first.reason, first.answered_by) == ("declined", question_answered().reason, BEN)
    assert (first.asked_at, first.answered_at, first.open_days) == (ASKED_AT, ANSWERED_AT, 2)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [QUESTION, OTHER_QUESTION, OF_BEN]),
        ({"status": "open"}, [OTHER_QUESTION, OF_BEN]),
        ({"status": "answered"}, [QUESTION]),
        ({"associate_id": ANNA}, [QUESTION, OTHER_QUESTION]),
        ({"store_id": "uptown"}, [OF_BEN]),
        ({"store_id": "uptown", "associate_id": ANNA}, []),
        ({"limit": 1}, [QUESTION]),
        ({"after": 6}, [OTHER_QUESTION, OF_BEN]),
    ],
)
def test_questions_are_found_in_the_order_in_which_they_were_asked(
    connection: Connection[Any], asked: dict[str, Any], expected: list[str]
) -> None:
    assert [one.question_id for one in found(connection, **asked)] == expected


def test_an_open_question_says_for_how_many_days(connection: Connection[Any]) -> None:
    assert [one.open_days for one in found(connection, status="open")] == [10, 10]


def test_statements_come_with_their_open_questions(connection: Connection[Any]) -> None:
    parameters = {"account_id": ACCOUNT, "before": 10**9, "limit": 10, "offset": 0}
    rows = connection.execute(with_signatures(STATEMENTS).encode(), parameters).fetchall()
    assert [row[1:] for row in rows] == [(None, None, [OTHER_QUESTION]), (None, None, [])]


def due(connection: Connection[Any], now: datetime, after_days: int = 14) -> list[tuple[str, str, datetime]]:
    parameters = {"now": now, "after_days": after_days, "after_key": "", "limit": 10}
    rows = connection.execute(DUE.encode(), parameters).fetchall()
    return [row for row in rows if row[1] is not None]


def test_time_signs_when_the_days_are_over_by_the_clock_of_the_period(
    connection: Connection[Any],
) -> None:
    # March was answered at 16:00 UTC on 5 April, in Honolulu the same day: the last of 14 days is the 19th.
    begins = datetime(2024, 4, 20, 10, 0, tzinfo=UTC)
    assert due(connection, begins - timedelta(seconds=1)) == []
    assert due(connection, begins) == [(ACCOUNT, "2024-03", begins)]
    # However late it is: April and Ben's March are in question.
    assert due(connection, begins + timedelta(days=400)) == [(ACCOUNT, "2024-03", begins)]


def test_what_is_signed_is_not_due_and_says_by_whom(database_url: str) -> None:
    by_time = statement_signed(occurred_at=SIGNED_AT, after_days=14)
    story = (*HISTORY[:5], statement_signed(), money_events.statement_issued(associate_id=BEN))
    story = (*story, replace(by_time, associate_id=BEN))
    tables = [folded(each, *story) for each in (PROJECTION, DIRECTORY, PAY_CALENDAR, LEDGER)]
    with stored(database_url, *tables) as connection:
        assert due(connection, CLOSED_AT + timedelta(days=400)) == []
        for associate_id, after_days in ((ANNA, None), (BEN, 14)):
            account_id = associate_id.replace("ass_", "acc_")
            parameters = {"account_id": account_id, "before": 10**9, "limit": 10, "offset": 0}
            rows = connection.execute(with_signatures(STATEMENTS).encode(), parameters).fetchall()
            assert [row[1:] for row in rows] == [(SIGNED_AT, after_days, [])]


def test_the_fold_tells_the_same_of_an_account_as_the_tables() -> None:
    tables = folded(PROJECTION, *HISTORY, statement_signed())
    state = tables.states[ACCOUNT]
    signatures = [row[3:] for row in tables.journal]
    march = signature_of("2024-03", signatures, state.questions)
    assert (march.signed_at, march.signed_by, march.open_questions) == (SIGNED_AT, "associate", [])
    april = signature_of("2024-04", signatures, state.questions)
    assert (april.signed_at, april.signed_by, april.open_questions) == (None, None, [OTHER_QUESTION])
