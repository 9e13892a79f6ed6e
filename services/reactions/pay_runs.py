"""A pay period is closed: every account of its scope gets a statement.

One command for each account, so that fifty thousand associates are no giant commit, and a run that was
interrupted goes on: what has a statement has answered its key.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from domain.commission_account.commands import IssueStatement
from domain.commission_account.pay_run import NOTHING_TO_STATE, periods_to_state
from domain.ids import calendar_id_of
from domain.pay_period.events import PayPeriodClosed
from infra.event_store.codec import decode
from infra.event_store.log import LoggedEvent
from infra.reaction_store.sources import PAY_RUNS
from projections.associate_directory.queries import on_the_payroll
from services.reactions.context import ReactionContext
from services.reactions.keyed_commands import KeyedCommand, following, key_of

NAME: Final = PAY_RUNS
TOPIC: Final = "pay_period.closed.v1"
READS: Final = ("associate_directory",)


def follow(context: ReactionContext, fact: LoggedEvent, closed: PayPeriodClosed) -> None:
    """Issue the statements of a period, and of later ones that were closed before it."""
    periods = periods_to_state(
        (decode(one.topic, one.state) for one in context.log.read_stream(calendar_id_of(closed.scope))),
        closed,
    )
    after_key = ""
    while True:
        found = context.rows(
            on_the_payroll(closed.scope),
            scope=closed.scope,
            after_key=after_key,
            limit=context.settings.reactions_commit_commands_max,
        )
        if not found:
            return
        associates = [str(row[0]) for row in found]
        for period_id in periods:
            statements = statements_for(closed.scope, period_id, associates, closed.occurred_at)
            context.do(statements, following(NAME, fact), done_otherwise=NOTHING_TO_STATE)
        after_key = associates[-1]


def statements_for(
    scope: str, period_id: str, associates: Iterable[str], at: datetime
) -> Iterator[KeyedCommand]:
    """One statement for each of these associates, as of the moment the period was closed."""
    for associate_id in associates:
        yield (
            key_of(NAME, scope, period_id, associate_id),
            IssueStatement(associate_id=associate_id, period_id=period_id, scope=scope, occurred_at=at),
        )
