"""`clienteling projections`: what readers read, how it stands, and how it is made anew."""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from domain.ids import account_id_of
from infra.clock import SYSTEM_CLOCK
from infra.messaging.connection import answers
from infra.postgres import LockHeld, connect
from infra.projection_store.catalog import set_paused, standings
from infra.projection_store.health import SILENT, ProjectionLine, fresh_words, health_of
from infra.projection_store.heartbeats import heartbeats
from infra.reaction_store.positions import SWITCH as REACTIONS_SWITCH
from infra.runtime import Runtime, open_runtime
from projections.kernel import Projection
from projections.registry import ALL, BY_NAME
from services.cli.output import Json, WrongUsage, complain, document, err, progress, remark, table
from services.cli.reaction_status import ReactionLine, reaction_lines, reactions_well, show_reactions

app = App(name="projections", help_format="plaintext")

#: What is said of the relay, where there is something to say.
TOLD = (
    "position",
    "lag_events",
    "lag_seconds",
    "silent_seconds",
    "last_error",
    "foreign_messages",
    "last_foreign",
)

#: For so long at most what is behind is looked at.
STILL_SECONDS = 3.0
LOOK_SECONDS = 0.25

Names = Annotated[str, Parameter(help="Projections; all when none is named.")]


class StatusDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`healthy` is false when anything is stalled, silent, stopped, in trouble, paused and behind, behind
    and not moving while it is looked at, or has put something aside, and while NATS does not answer.
    """

    healthy: bool
    log_position: int
    nats_answers: bool
    left_out_by_every_reader: int
    relay: dict[str, Any] | None
    silent: list[str]
    projections: list[ProjectionLine]
    reactions: list[ReactionLine]


@app.command
def status(*names: Names, json: Json = False) -> int:
    """Show generation, position, lag, rate, last error and parked keys. Exit code 1 when something is wrong.

    For example:

        clienteling projections status
        clienteling projections status commission_ledger --json
    """
    chosen = _chosen(names)
    with open_runtime() as runtime:
        found = watched_status(runtime, chosen)
    if json:
        document(found)
    else:
        table(
            f"The log ends at position {found.log_position:,}",
            (
                "projection", ("gen", "right"), ("position", "right"), ("lag", "right"), ("sec", "right"),
                ("rate", "right"), "doing", ("parked", "right"),
            ),
            (
                (
                    p.name, p.generation, f"{p.position:,}", f"{p.lag_events:,}", f"{p.lag_seconds:,.1f}",
                    f"{p.events_per_second:,.0f}/s", _doing(p), p.parked_keys,
                )
                for p in found.projections
            ),
        )  # fmt: skip
        # Beneath the table: a sentence has no room in a column.
        for line in found.projections:
            if trouble := line.trouble or line.last_error:
                complain(f"{line.name}: {trouble}")
            if line.left_out:
                remark(f"{line.name}: {line.left_out:,} events left out, see `clienteling dead-letters list`")
        if found.left_out_by_every_reader:
            remark(f"Every reader of the log leaves out {found.left_out_by_every_reader:,} events.")
        if not found.nats_answers:
            complain("NATS does not answer")
        _tell_relay(found.relay)
        if found.silent:
            complain(
                f"nothing was heard lately of: {', '.join(found.silent)}; does it hang, or was it killed?"
            )
        show_reactions(found.reactions)
    return 0 if found.healthy else 1


@app.command
def rebuild(
    *names: Names,
    all_: Annotated[
        bool,
        Parameter(
            name="--all", help="All of them, in one pass over the log.", negative="", show_default=False
        ),
    ] = False,
    associate: Annotated[str | None, Parameter(help="Only this associate's rows, in place.")] = None,
    customer: Annotated[str | None, Parameter(help="Only this customer's rows, in place.")] = None,
    period: Annotated[str | None, Parameter(help="Only the accounts of this pay period, in place.")] = None,
    key: Annotated[
        str | None, Parameter(help="Only the rows of this key of one projection, in place.")
    ] = None,
    json: Json = False,
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
    if key and len(_chosen(names)) != 1:
        raise WrongUsage("name the one projection that the key is of")
    if associate or customer or period or key:
        return _rebuild_in_place(names, associate, customer, period, key, json=json)
    if not names and not all_:
        raise WrongUsage("name projections, or say --all")
    from services.rebuild.rebuild import rebuild as rebuild_

    chosen = _chosen(names)
    with open_runtime() as runtime, _reported(json) as on_progress, _who_holds_it():
        rebuilt = rebuild_(
            runtime.settings, runtime.servers.database_url, chosen, on_progress, _say(quiet=json)
        )
        if json:
            document(rebuilt)
        return 0
    return 1


@app.command
def rollback(*names: Annotated[str, Parameter(help="Projections that go back.")], json: Json = False) -> int:
    """Let the generation before the serving one serve again.

    For example:

        clienteling projections rollback clientele_book
    """
    from services.rebuild.rebuild import NothingToGoBackTo, roll_back

    if not names:
        raise WrongUsage("name the projections that are to go back")
    back: dict[str, int] = {}
    with open_runtime() as runtime, _who_holds_it():
        for projection in _chosen(names):
            try:
                back[projection.name] = roll_back(runtime.settings, runtime.servers.database_url, projection)
            except NothingToGoBackTo as error:
                complain(str(error))
                return 1
            remark(f"{projection.name}: generation {back[projection.name]} serves again")
        if json:
            document(back)
        return 0
    return 1


@app.command
def verify(*names: Names, json: Json = False) -> int:
    """Fold history again and compare it with the serving tables, row by row. Exit code 1 on a difference.

    With the commission ledger also every issued statement is reckoned anew from
    the facts before it.

    For example:

        clienteling projections verify
        clienteling projections verify commission_ledger --json
    """
    from services.cli.verification_report import show_verification_report
    from services.rebuild.verify import verify as verify_

    chosen = _chosen(names)
    with open_runtime() as runtime, _reported(json) as on_progress, _who_holds_it():
        found = verify_(runtime.settings, runtime.servers.database_url, chosen, on_progress, _say(quiet=json))
        if json:
            document([{**_fields(one), "holds": one.holds} for one in found])
        else:
            show_verification_report(found)
        return 0 if all(one.holds for one in found) else 1
    return 1


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


def watched_status(runtime: Runtime, chosen: Sequence[Projection[Any]]) -> StatusDocument:
    """How everything stands.

    What is behind is looked at until it moves, for some seconds: behind and still is not well.
    """
    found = status_of(runtime, chosen)
    began = {line.name: (line.generation, line.position) for line in found.projections}
    deadline = time.monotonic() + STILL_SECONDS
    while still := [
        line.name
        for line in found.projections
        if line.well and line.lag_events and (line.generation, line.position) == began[line.name]
    ]:
        if time.monotonic() > deadline:
            break
        time.sleep(LOOK_SECONDS)
        found = status_of(runtime, chosen)
    if not still:
        return found
    lines = [
        msgspec.structs.replace(line, trouble=f"it is behind and has not moved for {STILL_SECONDS:g} s")
        if line.name in still
        else line
        for line in found.projections
    ]
    return msgspec.structs.replace(found, healthy=False, projections=lines)


def status_of(runtime: Runtime, chosen: Sequence[Projection[Any]]) -> StatusDocument:
    """How these projections, the relay, the reactions and NATS stand at this moment."""
    beat_seconds = runtime.settings.service_heartbeat_seconds
    nats_answers = answers(runtime.settings, runtime.servers.nats_url)
    with connect(runtime.settings, runtime.servers.database_url, name="status") as connection:
        # The tables first: so no lag is less than nothing.
        found, beats = standings(connection), heartbeats(connection)
        log_position, now = runtime.log.last_position(), SYSTEM_CLOCK.now()
        words = fresh_words("reactions", beats, now, beat_seconds)
        reactions = reaction_lines(connection, words, log_position)
    health = health_of(
        [projection.name for projection in chosen],
        found,
        beats,
        log_position=log_position,
        now=now,
        heartbeat_seconds=beat_seconds,
    )
    return StatusDocument(
        healthy=health.healthy and (not log_position or (nats_answers and reactions_well(reactions))),
        log_position=log_position,
        nats_answers=nats_answers,
        left_out_by_every_reader=len(runtime.log.left_out()),
        relay=health.relay,
        silent=health.silent,
        projections=health.projections,
        reactions=reactions,
    )


def _doing(line: ProjectionLine) -> str:
    paused = " (paused)" if line.paused and line.doing != "paused" else ""
    return ("stalled" if line.stalled and line.doing != SILENT else line.doing) + paused


def _tell_relay(words: dict[str, Any] | None) -> None:
    if words is None:
        remark("The relay does not run.")
        return
    details = ", ".join(f"{name} {words[name]}" for name in TOLD if words.get(name))
    remark(f"The relay: {words.get('doing')}{', stalled' if words.get('stalled') else ''}; {details}")


def _rebuild_in_place(
    names: Sequence[str],
    associate: str | None,
    customer: str | None,
    period: str | None,
    key: str | None,
    *,
    json: bool,
) -> int:
    from services.rebuild.partial_rebuild import keys_of_period, rebuild_keys
    from services.rebuild.rebuild import alone

    written: dict[str, int] = {}
    with open_runtime() as runtime, _who_holds_it():
        url = runtime.servers.database_url
        by_projection: dict[str, list[str]] = {}
        if associate:
            by_projection["commission_ledger"] = [account_id_of(associate)]
            by_projection["associate_directory"] = [associate]
        if customer:
            by_projection |= {p.name: [customer] for p in ALL if p.keyed_by == "customer"}
        if period:
            by_projection["commission_ledger"] = keys_of_period(runtime.settings, url, period)
        if key:
            by_projection[names[0]] = [key]
        for name, keys in by_projection.items():
            if not names or name in names:
                with alone(runtime.settings, url, [BY_NAME[name]]):
                    written[name] = rebuild_keys(runtime.settings, url, BY_NAME[name], keys)
        if json:
            document(written)
        else:
            table("", ("projection", ("rows made anew", "right")), written.items())
        if not any(written.values()):
            complain(f"the log says nothing of {associate or customer or period or key}")
        # A row that should not be there is gone now, which is what was asked for.
        return 0 if any(written.values()) or key else 1
    return 1


def _set_paused(names: Sequence[str], *, paused: bool) -> int:
    projections = [name for name in names if name != REACTIONS_SWITCH]
    chosen = [projection.name for projection in _chosen(projections)] if projections or not names else []
    if REACTIONS_SWITCH in names:
        chosen.append(REACTIONS_SWITCH)
    with (
        open_runtime() as runtime,
        connect(runtime.settings, runtime.servers.database_url, name="pause") as connection,
    ):
        for name in chosen:
            set_paused(connection, name, paused)
            remark(f"{name}: {'paused' if paused else 'resumed'}")
    return 0


def _chosen(names: Sequence[str]) -> list[Projection[Any]]:
    for name in names:
        if name not in BY_NAME:
            raise WrongUsage(f"no projection is called {name}; there are {', '.join(BY_NAME)}")
    return [BY_NAME[name] for name in names] or list(ALL)


def _say(*, quiet: bool) -> Any:
    return (lambda _message: None) if quiet and not err.is_terminal else remark


def _fields(one: Any) -> dict[str, Any]:
    return dict(vars(one))


@contextmanager
def _reported(json: bool) -> Generator[Any]:
    with progress(quiet=json and not err.is_terminal) as bar:
        task = bar.add_task("sorting history", total=None, rate="")

        def on_progress(folded: int, about_in_all: int) -> None:
            found = bar.tasks[0]
            bar.update(
                task,
                # Until PostgreSQL has sorted the facts by key there is nothing to fold, and nothing to reckon
                # from.
                description="folding history" if folded else "sorting history",
                completed=folded,
                total=max(folded, about_in_all) if folded else None,
                rate=f"{found.speed:,.0f} facts/s" if found.speed else "",
            )

        yield on_progress


@contextmanager
def _who_holds_it() -> Generator[None]:
    from infra.projection_store.tables import OtherForm
    from services.projector.engine import OtherHistory
    from services.projector.poison_event import Poison
    from services.rebuild.switch import KeysParked
    from services.rebuild.trial import GenerationWrong

    try:
        yield
    except (LockHeld, Poison, GenerationWrong, KeysParked, OtherForm, OtherHistory) as error:
        complain(str(error))
