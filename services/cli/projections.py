"""`clienteling projections`: status, rebuild, rollback, verify, pause, resume."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Annotated, Any

from cyclopts import App, Parameter

from infra.listening import AUTHENTICATION_IS_OFF
from infra.maintenance import note_progress
from infra.projection_store.catalog import set_paused
from infra.reaction_store.positions import SWITCH as REACTIONS_SWITCH
from infra.runtime import Runtime, open_runtime
from projections.kernel import Projection
from projections.registry import ALL, BY_NAME
from services.cli.output import Output, WrongUsage, complain, flag, ignore, progress, remark
from services.cli.tables import table

app = App(name="projections", help_format="plaintext")

#: Who looks on from afar is told so often at most.
PROGRESS_SECONDS = 0.25

Names = Annotated[str, Parameter(help="Projections; all when none is named.")]


@app.command
def status(*names: Names, output: Output = Output()) -> int:
    """Show generation, position, lag, rate, last error and parked keys. Exit code 1 when something is wrong.

    For example:

        clienteling projections status
        clienteling projections status commission_ledger --json
    """
    from services.cli.status_page import draw_status
    from services.recovery.status import watched_status

    chosen = _chosen(names)
    with open_runtime() as runtime:
        found = watched_status(runtime, chosen)
    output.show(found, draw_status)
    if runtime.settings.auth == "off":
        complain(AUTHENTICATION_IS_OFF)
    return 0 if found.healthy else 1


@app.command
def rebuild(
    *names: Names,
    all_: Annotated[bool, flag("All of them, in one pass over the log.", "--all")] = False,
    associate: Annotated[str | None, Parameter(help="Only this associate's rows, in place.")] = None,
    customer: Annotated[str | None, Parameter(help="Only this customer's rows, in place.")] = None,
    period: Annotated[str | None, Parameter(help="Only the accounts of this pay period, in place.")] = None,
    key: Annotated[
        str | None, Parameter(help="Only the rows of this key of one projection, in place.")
    ] = None,
    task: Annotated[str | None, Parameter(show=False)] = None,
    output: Output = Output(),
) -> int:
    """Make projections anew from history, beside the ones that serve; readers notice nothing.

    Stop it at any moment, also by force: the serving tables serve on, and the next
    run begins cleanly.

    For example:

        clienteling projections rebuild --all
        clienteling projections rebuild clientele_book loyalty_score
        clienteling projections rebuild --period P08
        clienteling projections rebuild heroics_wall --key act_0123
    """
    from services.rebuild.rebuild import rebuild as rebuild_
    from services.rebuild.rows_in_place import keys_to_rebuild, rebuild_in_place

    if key and len(_chosen(names)) != 1:
        raise WrongUsage("name the one projection that the key is of")
    if part := associate or customer or period or key:
        with open_runtime() as runtime:
            keys = keys_to_rebuild(
                runtime, names, associate=associate, customer=customer, period=period, key=key
            )
            written = rebuild_in_place(runtime, keys)
        output.show(
            written, lambda rows: table("", ("projection", ("rows made anew", "right")), rows.items())
        )
        if not any(written.values()):
            complain(f"the log says nothing of {part}")
        # A row that should not be there is gone now, which is what was asked for.
        return 0 if any(written.values()) or key else 1
    if not names and not all_:
        raise WrongUsage("name projections, or say --all")
    chosen = _chosen(names)
    with open_runtime() as runtime, folding_progress(quiet=output.quiet) as on_progress:
        url = runtime.servers.database_url
        with telling_progress(runtime, task, on_progress) as told:
            output.show(rebuild_(runtime.settings, url, chosen, told, _remarks(output)), ignore)
    return 0


@app.command
def rollback(
    *names: Annotated[str, Parameter(help="Projections that go back.")], output: Output = Output()
) -> int:
    """Let the generation before the serving one serve again.

    For example:

        clienteling projections rollback clientele_book
    """
    from services.rebuild.rebuild import roll_back

    if not names:
        raise WrongUsage("name the projections that are to go back")
    back: dict[str, int] = {}
    with open_runtime() as runtime:
        for projection in _chosen(names):
            back[projection.name] = roll_back(runtime.settings, runtime.servers.database_url, projection)
            remark(f"{projection.name}: generation {back[projection.name]} serves again")
    output.show(back, ignore)
    return 0


@app.command
def verify(*names: Names, output: Output = Output()) -> int:
    """Fold history again and compare it with the serving tables, row by row. Exit code 1 on a difference.

    With the commission ledger also every issued statement is reckoned anew from
    the events before it.

    For example:

        clienteling projections verify
        clienteling projections verify commission_ledger --json
    """
    from services.cli.verification_report import show_verification_report
    from services.rebuild.verify import verify as verify_

    chosen = _chosen(names)
    with open_runtime() as runtime, folding_progress(quiet=output.quiet) as on_progress:
        url = runtime.servers.database_url
        found = verify_(runtime.settings, url, chosen, on_progress, _remarks(output))
    documents = [{**vars(one), "holds": one.holds} for one in found]
    output.show(documents, lambda _: show_verification_report(found))
    return 0 if all(one.holds for one in found) else 1


@app.command
def pause(*names: Names) -> int:
    """Stop projecting until it is resumed; the pause survives restarts. `reactions` pauses all of them.

    For example:

        clienteling projections pause clientele_book
        clienteling projections pause reactions
    """
    return _set_paused(names, paused=True)


@app.command
def resume(*names: Names) -> int:
    """Project again from where it was paused. `reactions` lets them go on.

    For example:

        clienteling projections resume clientele_book
    """
    return _set_paused(names, paused=False)


@contextmanager
def folding_progress(*, quiet: bool) -> Generator[Callable[[int, int], None]]:
    """A progress bar for a fold of history; gives the function to call with (folded, about in all)."""
    with progress(quiet=quiet) as bar:
        task = bar.add_task("sorting history", total=None, rate="")

        def on_progress(folded: int, about_in_all: int) -> None:
            found = bar.tasks[0]
            bar.update(
                task,
                # Until PostgreSQL has sorted the events by key there is nothing to fold or to reckon from.
                description="folding history" if folded else "sorting history",
                completed=folded,
                total=max(folded, about_in_all) if folded else None,
                rate=f"{found.speed:,.0f} events/s" if found.speed else "",
            )

        yield on_progress


@contextmanager
def telling_progress(
    runtime: Runtime, task_id: str | None, on_progress: Callable[[int, int], None]
) -> Generator[Callable[[int, int], None]]:
    """The same function, which also writes the progress of a maintenance task down, where it is one."""
    if task_id is None:
        yield on_progress
        return
    noted_at = -PROGRESS_SECONDS
    with runtime.connect("progress") as connection:

        def told(folded: int, about_in_all: int) -> None:
            nonlocal noted_at
            on_progress(folded, about_in_all)
            if folded >= about_in_all or monotonic() - noted_at >= PROGRESS_SECONDS:
                noted_at = monotonic()
                note_progress(connection, task_id, folded, about_in_all)

        yield told


def _set_paused(names: Sequence[str], *, paused: bool) -> int:
    projections = [name for name in names if name != REACTIONS_SWITCH]
    chosen = [projection.name for projection in _chosen(projections)] if projections or not names else []
    if REACTIONS_SWITCH in names:
        chosen.append(REACTIONS_SWITCH)
    with open_runtime() as runtime, runtime.connect("pause") as connection:
        for name in chosen:
            set_paused(connection, name, paused)
            remark(f"{name}: {'paused' if paused else 'resumed'}")
    return 0


def _chosen(names: Sequence[str]) -> list[Projection[Any]]:
    for name in names:
        if name not in BY_NAME:
            raise WrongUsage(f"no projection is called {name}; there are {', '.join(BY_NAME)}")
    return [BY_NAME[name] for name in names] or list(ALL)


def _remarks(output: Output) -> Callable[[str], None]:
    return ignore if output.quiet else remark
