"""A season and the log: which season a log holds, and reactions paused while it is written."""

from datetime import date, timedelta

import msgspec

from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.postgres import connect
from infra.projection_store.catalog import set_paused
from infra.reaction_store.positions import SWITCH, pass_over
from infra.settings import Settings
from services.demo.people import SOURCE
from services.demo.season import Season
from services.reactions.registry import ALL as EVERY_REACTION


def last_day_of_season(log: EventLog, handler: CommandHandler, yesterday: date) -> date | None:
    """Yesterday for an empty log, the last day of the season in the log, or None for another history."""
    first = log.read(0, 1)
    if not first:
        return yesterday
    if not handler.known_keys([f"{SOURCE}:HireAssociate:1"]):
        return None
    began = msgspec.json.decode(first[0].state)["occurred_at"]
    return date.fromisoformat(began[:10]) + timedelta(days=Season(yesterday, customers=0).days - 1)


def pause_reactions(settings: Settings, database_url: str) -> None:
    """Pause reactions, also over a crash of the demo: the season plays what follows by itself."""
    with connect(settings, database_url, name="demo") as connection:
        set_paused(connection, SWITCH, paused=True)


def resume_reactions(settings: Settings, database_url: str, log: EventLog) -> None:
    """Resume reactions behind the season, whose consequences have been played."""
    with connect(settings, database_url, name="demo") as connection:
        for reaction in EVERY_REACTION:
            pass_over(connection, reaction.name, log.last_position())
        set_paused(connection, SWITCH, paused=False)
