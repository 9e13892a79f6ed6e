"""What a leaver still owes when no statement of theirs is to come."""

from datetime import date, datetime

from domain.associate.state import AssociateState
from domain.commission_account.events import DeficitWrittenOff
from domain.commission_account.policies import no_statement_is_to_come
from domain.commission_account.posting import day_at
from domain.commission_account.state import AccountState
from domain.state_reader import StateReader


def written_off(
    states: StateReader, associate: AssociateState, account: AccountState, left_on: date, at: datetime
) -> list[DeficitWrittenOff]:
    """What is owed by an account that no statement follows, after that last day; nothing before."""
    today = day_at(states, associate.store_id, at)
    if not account.owed_minor or not no_statement_is_to_come(states, associate, account, left_on, today):
        return []
    return [
        DeficitWrittenOff(
            occurred_at=at,
            associate_id=associate.associate_id,
            currency=associate.currency,
            amount_minor=account.owed_minor,
        )
    ]
