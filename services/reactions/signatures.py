"""A statement that nobody signed or asked about for a number of days is signed by time."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from domain.commission_account.commands import SignStatementByTime
from domain.ids import associate_id_of
from infra.event_store.command_context import context_of
from projections.pay_questions.queries import DUE
from services.reactions.context import ReactionContext
from services.reactions.keyed_commands import KeyedCommand, key_of

NAME: Final = "signatures"
#: Somebody asked meanwhile, or was answered; or the period has another clock by now.
DONE_OTHERWISE: Final = frozenset({"question_open", "signing_not_yet"})


def sign_what_nobody_signed(context: ReactionContext) -> int:
    """Sign every statement whose days are over, as of the moment they were; how many there were. None where
    the setting is 0.
    """
    after_days = context.settings.reactions_sign_after_days
    signed, after_key = 0, ""
    while after_days:
        due = context.rows(
            DUE,
            now=context.clock.now(),
            after_days=after_days,
            after_key=after_key,
            limit=context.settings.reactions_commit_commands_max,
        )
        if not due:
            break
        waiting = [row for row in due if row[1] is not None]
        commands = _commands(waiting, after_days)
        context.do(commands, context_of(f"reaction:{NAME}"), done_otherwise=DONE_OTHERWISE)
        signed += len(waiting)
        after_key = due[-1][0]
    return signed


def _commands(due: Iterable[tuple[str, str, datetime]], after_days: int) -> Iterator[KeyedCommand]:
    """One command for each statement and moment: an answer moves the moment, and then it is another one."""
    for account_id, period_id, due_at in due:
        command = SignStatementByTime(
            associate_id=associate_id_of(account_id),
            period_id=period_id,
            after_days=after_days,
            occurred_at=due_at,
        )
        yield key_of(NAME, account_id, period_id, due_at.isoformat()), command
