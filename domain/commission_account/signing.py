"""Decides the signature of a statement: by the associate, or by time. Either moves no money."""

from datetime import datetime

from domain.associate.policies import known_associate
from domain.commission_account.commands import SignStatement, SignStatementByTime
from domain.commission_account.events import StatementSigned
from domain.commission_account.policies import SIGNING_BY_TIME_POLICIES, SIGNING_POLICIES, known_statement
from domain.commission_account.posting import account_of
from domain.messages import Event
from domain.policies import event_of
from domain.state_reader import StateReader


def sign_statement(command: SignStatement, states: StateReader, now: datetime) -> list[Event]:
    """Signing what is signed changes nothing."""
    known_associate(states, command.associate_id)
    account = account_of(states, command.associate_id)
    known_statement(account, command.period_id)
    signed = event_of(StatementSigned, command, now)
    if command.period_id not in account.unsigned:
        return []
    for rule in SIGNING_POLICIES:
        rule(account, command)
    return [signed]


def sign_statement_by_time(command: SignStatementByTime, states: StateReader, now: datetime) -> list[Event]:
    """The same when nobody has signed or asked for so many days."""
    associate = known_associate(states, command.associate_id)
    account = account_of(states, command.associate_id)
    known_statement(account, command.period_id)
    signed = event_of(StatementSigned, command, now)
    if command.period_id not in account.unsigned:
        return []
    for rule in SIGNING_POLICIES:
        rule(account, command)
    for rule in SIGNING_BY_TIME_POLICIES:
        rule(associate, account, command, states, signed.occurred_at)
    return [signed]
