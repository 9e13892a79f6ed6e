"""`clienteling demo`: everything started, a season played, what came of it shown, the API left open."""

import socket
from datetime import date, timedelta
from typing import Annotated

import msgspec
from cyclopts import Parameter

from infra.clock import SYSTEM_CLOCK
from infra.postgres import connect
from infra.projection_store.catalog import set_paused
from infra.reaction_store.positions import SWITCH, pass_over
from infra.settings import Settings
from services.importing.pipeline.command_batches import ImportRefused, write_commands
from services.ops.catch_up import catch_up, running
from services.ops.demo_summary import show_summary
from services.ops.output import complain, out, progress
from services.ops.reading import Api, CannotRead
from services.ops.serving_alone import make_sure_nobody_serves
from services.ops.shop import Shop, opened_shop
from services.ops.simulation.people import SOURCE
from services.ops.simulation.season import Season
from services.reactions.every_reaction import ALL as EVERY_REACTION

BATCH_COMMANDS = 250


def demo(
    *,
    exit_: Annotated[
        bool,
        Parameter(
            name="--exit", help="End after the summary instead of serving.", negative="", show_default=False
        ),
    ] = False,
) -> int:
    """Play a season of a made-up shop, show what came of it, and serve the API on it until Ctrl-C."""
    settings = Settings.from_env()
    if taken(settings):
        complain(
            f"port {settings.api_port} of {settings.api_host} is in use; stop what listens there "
            f"or set CLIENTELING_API_PORT to another one"
        )
        return 1
    make_sure_nobody_serves(settings)
    with opened_shop(settings) as shop:
        last_day = last_day_of_the_season(shop)
        if last_day is None:
            complain(
                "this data directory holds a history of its own, which the demo would mix with made-up people; "
                "set CLIENTELING_DATA_DIR to another folder"
            )
            return 1
        # What follows in the season is part of it, for everybody the same: nothing else is to follow while it is played.
        pause_reactions(shop)
        with running("all", shop) as services:
            try:
                play(shop, Season(last_day))
                resume_reactions(shop)
                if not catch_up(shop):
                    return 1
                api = Api(settings)
                api.wait_until_up(within_seconds=60)
                show_summary(api)
            except (ImportRefused, CannotRead) as error:
                complain(str(error))
                return 1
            if not exit_:
                out.print(f"\nThe API is open on http://localhost:{settings.api_port} (Ctrl-C ends it).")
                services.wait()
    return 0


def taken(settings: Settings) -> bool:
    """Whether something listens already where the API is to listen."""
    with socket.socket() as probe:
        return probe.connect_ex((settings.api_host, settings.api_port)) == 0


def last_day_of_the_season(shop: Shop) -> date | None:
    """Yesterday for an empty shop, the day it ended on for one that has the season; None for another history."""
    first = shop.log.read(0, 1)
    yesterday = SYSTEM_CLOCK.now().date() - timedelta(days=1)
    if not first:
        return yesterday
    if not shop.handler.known_keys([f"{SOURCE}:HireAssociate:1"]):
        return None
    began = msgspec.json.decode(first[0].state)["occurred_at"]
    return date.fromisoformat(began[:10]) + timedelta(days=Season(yesterday, customers=0).days - 1)


def pause_reactions(shop: Shop) -> None:
    """Let nothing follow by itself, also not after a crash of the demo: it is run again, and goes on."""
    with connect(shop.settings, shop.servers.database_url, name="demo") as connection:
        set_paused(connection, SWITCH, paused=True)


def resume_reactions(shop: Shop) -> None:
    """Let what happens from now on have its consequences; those of the season have been played."""
    with connect(shop.settings, shop.servers.database_url, name="demo") as connection:
        for reaction in EVERY_REACTION:
            pass_over(connection, reaction.name, shop.log.last_position())
        set_paused(connection, SWITCH, paused=False)


def play(shop: Shop, season: Season) -> None:
    """Hand over the season's commands, a bar of days on standard error."""
    with progress() as bar:
        task = bar.add_task("playing a season", total=season.days, rate="")
        events = 0

        def on_batch(written: int, _known: int) -> None:
            nonlocal events
            events += written
            bar.update(task, completed=season.day + 1, rate=f"days, {events:,} facts")

        write_commands(shop.handler, season.commands(), batch_commands_max=BATCH_COMMANDS, on_batch=on_batch)
