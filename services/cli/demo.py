"""`clienteling demo`: start every service, play a season, show a summary, keep the API open."""

import socket
from datetime import date, timedelta
from typing import Annotated

from infra.clock import SYSTEM_CLOCK
from infra.embedded import ensure_servers
from infra.event_store.command_context import context_of
from infra.runtime import Runtime, open_runtime
from infra.serve_all_lock import make_sure_nobody_serves
from infra.settings import Settings
from services.cli.api_client import Api
from services.cli.catch_up import catch_up
from services.cli.demo_summary import show_summary
from services.cli.output import Output, complain, flag, progress, say
from services.demo.season import Season
from services.demo.season_in_log import last_day_of_season, pause_reactions, resume_reactions
from services.importing.pipeline.command_batches import write_commands
from services.supervisor.child_processes import running

BATCH_COMMANDS = 250
#: Whoever opens the app of the demo may be anybody in it.
SIGN_IN_AS_ANYBODY = {"CLIENTELING_DEMO_SIGN_IN": "on"}
READ_ALL = '    curl -H "Authorization: Bearer $(clienteling token --role auditor)"'


def demo(
    *, exit_: Annotated[bool, flag("End after the summary instead of serving.", "--exit")] = False
) -> int:
    """Play a season of a made-up shop, show what came of it, and serve the API on it until Ctrl-C."""
    settings = Settings.from_env()
    if settings.auth == "on" and settings.oidc_issuer is not None:
        complain("the demo reads the API with a token of its own: unset CLIENTELING_OIDC_ISSUER for it")
        return 1
    if taken(settings):
        complain(
            f"port {settings.api_port} of {settings.api_host} is in use; stop what listens there "
            f"or set CLIENTELING_API_PORT to another one"
        )
        return 1
    with ensure_servers(settings, nats=False) as servers:
        make_sure_nobody_serves(settings, servers.database_url)
        return _play_and_serve(settings, then_end=exit_)


def _play_and_serve(settings: Settings, *, then_end: bool) -> int:
    with open_runtime(settings) as runtime:
        today = SYSTEM_CLOCK.now().date()
        last_day = last_day_of_season(runtime.log, runtime.handler, today - timedelta(days=1))
        if last_day is None:
            complain(
                "this data directory holds another history, which the demo would mix with made-up people; "
                "set CLIENTELING_DATA_DIR to another folder"
            )
            return 1
        # The season plays what reactions would do: none may run while it is played.
        pause_reactions(settings, runtime.servers.database_url)
        with running("all", settings, SIGN_IN_AS_ANYBODY) as services:
            play(runtime, Season(last_day), today)
            resume_reactions(settings, runtime.servers.database_url, runtime.log)
            catch_up(runtime)
            api = Api(settings)
            api.wait_until_up(within_seconds=60)
            Output().show(api, show_summary)
            if not then_end:
                address = f"http://localhost:{settings.api_port}"
                say(f"\nThe app is open on {address} (Ctrl-C ends it). For programs, in another terminal:")
                say(f"{READ_ALL} {address}/v1/associates")
                services.wait()
    return 0


def taken(settings: Settings) -> bool:
    """Whether the port of the API is taken."""
    with socket.socket() as probe:
        return probe.connect_ex((settings.api_host, settings.api_port)) == 0


def play(runtime: Runtime, season: Season, today: date) -> None:
    """Write the commands of the season, with a progress bar on standard error."""
    with progress() as bar:
        task = bar.add_task("playing a season", total=season.days, rate="")
        events = 0

        def on_batch(written: int, _known: int) -> None:
            nonlocal events
            events += written
            bar.update(task, completed=season.day + 1, rate=f"days, {events:,} events")

        write_commands(
            runtime.handler,
            season.commands(today),
            context=context_of("import:demo"),
            batch_commands_max=BATCH_COMMANDS,
            on_batch=on_batch,
        )
