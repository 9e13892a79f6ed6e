"""A statement that nobody signs or asks about is signed by time: once, on its day by its own clock."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.commission_account.commands import IssueStatement, RecordHours, SignStatement
from domain.commission_account.events import StatementSigned
from domain.ids import PAY_QUESTION, derived_id
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod
from domain.pay_question.commands import AnswerQuestion, QuestionEntry
from infra.clock import FixedClock
from infra.settings import Settings
from services.reactions.context import ReactionContext, open_reactions
from services.reactions.signatures import sign_what_nobody_signed
from tests.infra.messaging.builders import until
from tests.services.reactions.builders import associate, facts, hired, project, reacting, send

#: 23:00 on 3 April in New York, 03:00 UTC the next day.
ISSUED_AT = datetime(2026, 4, 4, 3, 0, tzinfo=UTC)
#: 14 days are over when 18 April begins in New York.
DUE_AT = datetime(2026, 4, 18, 4, 0, tzinfo=UTC)
QUESTION = derived_id(PAY_QUESTION, "why")


def worked(number: int) -> RecordHours:
    return RecordHours(
        associate_id=associate(number),
        worked_on=date(2026, 3, 20),
        selling_minutes=480,
        occurred_at=ISSUED_AT - timedelta(days=10),
    )


def stated(number: int) -> IssueStatement:
    return IssueStatement(associate_id=associate(number), period_id="2026-03", occurred_at=ISSUED_AT)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(DUE_AT - timedelta(seconds=1))


@pytest.fixture
def shop(settings: Settings, clock: FixedClock):
    """Two associates with their March, a second before its days are over; a page holds one account."""
    settings = replace(settings, reactions_commit_commands_max=1)
    with open_reactions(settings, str(settings.database_url), clock=clock) as context:
        send(
            context,
            hired(1),
            hired(2),
            OpenPayPeriod(
                period_id="2026-03",
                starts_on=date(2026, 3, 1),
                ends_on=date(2026, 3, 31),
                time_zone="America/New_York",
            ),
            worked(1),
            worked(2),
            ClosePayPeriod(period_id="2026-03", occurred_at=ISSUED_AT),
            stated(1),
            stated(2),
        )
        yield context


def signed(settings: Settings) -> list[tuple[str, datetime, int | None]]:
    return [
        (event.associate_id, event.occurred_at, event.after_days)
        for event in facts(settings, StatementSigned)
    ]


async def test_statements_are_signed_on_their_day_and_once(
    settings: Settings, shop: ReactionContext, clock: FixedClock
) -> None:
    await project(settings)
    assert sign_what_nobody_signed(shop) == 0
    assert signed(settings) == []
    clock.set(DUE_AT)
    # Until the tables have heard of it, it is looked at again, and done once.
    assert sign_what_nobody_signed(shop) == 2
    assert sign_what_nobody_signed(shop) == 2
    assert sorted(signed(settings)) == [(associate(1), DUE_AT, 14), (associate(2), DUE_AT, 14)]
    await project(settings)
    assert sign_what_nobody_signed(shop) == 0


async def test_the_reactions_look_at_the_clock_themselves(
    settings: Settings, shop: ReactionContext, clock: FixedClock
) -> None:
    await project(settings)
    clock.set(DUE_AT)
    async with reacting(settings, shop):
        await until(lambda: len(signed(settings)) == 2, within_seconds=30)


async def test_what_is_signed_or_in_question_is_left_alone_and_an_answer_gives_new_days(
    settings: Settings, shop: ReactionContext, clock: FixedClock
) -> None:
    clock.set(DUE_AT)
    await project(settings)
    send(
        shop,
        SignStatement(associate_id=associate(1), period_id="2026-03", occurred_at=DUE_AT),
        QuestionEntry(
            question_id=QUESTION,
            associate_id=associate(2),
            period_id="2026-03",
            question="Where is my overtime?",
            occurred_at=DUE_AT,
        ),
    )
    # The tables still say that both are due; the domain knows better.
    assert sign_what_nobody_signed(shop) == 2
    assert signed(settings) == [(associate(1), DUE_AT, None)]
    await project(settings)
    assert sign_what_nobody_signed(shop) == 0
    answered_at = DUE_AT + timedelta(days=3)
    clock.set(answered_at + timedelta(days=14))
    send(
        shop,
        AnswerQuestion(
            question_id=QUESTION,
            associate_id=associate(2),
            outcome="declined",
            reason="There was none.",
            occurred_at=answered_at,
        ),
    )
    await project(settings)
    assert sign_what_nobody_signed(shop) == 0
    clock.set(answered_at + timedelta(days=15))
    assert sign_what_nobody_signed(shop) == 1
    assert signed(settings)[-1] == (associate(2), answered_at + timedelta(days=15), 14)


async def test_a_house_may_leave_signing_to_its_associates(
    settings: Settings, shop: ReactionContext, clock: FixedClock
) -> None:
    await project(settings)
    clock.set(DUE_AT + timedelta(days=400))
    never = replace(settings, reactions_sign_after_days=0)
    with open_reactions(never, str(never.database_url), clock=clock) as context:
        assert sign_what_nobody_signed(context) == 0
    assert signed(settings) == []
