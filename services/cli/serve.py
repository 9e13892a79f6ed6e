"""`clienteling serve`: one service in this process, or all of them as processes of their own that are kept
running.
"""

from typing import Annotated

from cyclopts import App, Parameter

from infra.postgres import DatabaseRole
from infra.serve_all_lock import directory_alone
from infra.settings import Settings
from services.supervisor.child_processes import keep_running
from services.supervisor.service_process import serve

app = App(name="serve", help_format="plaintext")

#: For processes that start services, with their own number: not shown to people.
WithParent = Annotated[int | None, Parameter(show=False)]


@app.command
def api(*, with_parent: WithParent = None) -> None:
    """Answer the HTTP API on CLIENTELING_API_HOST and CLIENTELING_API_PORT."""
    from services.api.main import run

    serve(run, DatabaseRole.WRITER, with_parent=with_parent)


@app.command
def relay(*, with_parent: WithParent = None) -> None:
    """Carry the log onto the JetStream stream, in order, nothing twice."""
    from services.relay.main import run

    serve(run, DatabaseRole.RELAY, with_parent=with_parent)


@app.command
def projector(*, with_parent: WithParent = None) -> None:
    """Fold the stream into the tables that people read."""
    from services.projector.main import run

    serve(run, DatabaseRole.PROJECTOR, with_parent=with_parent)


@app.command
def reactions(*, with_parent: WithParent = None) -> None:
    """Run the reactions: stock arrivals from NATS and their follow-ups, pay runs, books of leavers."""
    from services.reactions.main import run

    serve(run, DatabaseRole.WRITER, with_parent=with_parent)


@app.command
def webhooks(*, with_parent: WithParent = None) -> None:
    """Send events to the endpoints of others; of several processes one sends, the others stand by."""
    from services.webhooks.main import run

    serve(run, DatabaseRole.WEBHOOKS, with_parent=with_parent)


@app.command
def maintenance(*, with_parent: WithParent = None) -> None:
    """Carry out what operators ask for over the API: retries, discards, rebuilds. `serve all` does, too."""
    from services.supervisor.maintenance import run

    serve(run, DatabaseRole.OWNER, with_parent=with_parent)


@app.command(name="all")
def all_(*, with_parent: WithParent = None) -> None:
    """Run relay, projector, reactions, webhooks and API, each as a process; one that ends is started again.

    One for each data directory and database: a second one is refused. Single
    services may run beside it, in any number.
    """
    settings = Settings.from_env()
    with directory_alone(settings):
        serve(keep_running, DatabaseRole.OWNER, with_parent=with_parent)
