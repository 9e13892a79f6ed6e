"""`clienteling projections status` on a terminal: a table of the projections, the relay, the reactions."""

from typing import Any, Final

from infra.projection_store.health import SILENT, ProjectionLine
from services.cli.output import complain, counted, say
from services.cli.tables import table
from services.cli.webhook_table import draw_webhooks
from services.read_models.house_status import StatusDocument
from services.read_models.reaction_status import ReactionLine

#: What is said of the relay, where there is something to say.
RELAY_FIELDS: Final = (
    "position",
    "lag_events",
    "lag_seconds",
    "silent_seconds",
    "last_error",
    "foreign_messages",
    "last_foreign",
    "repairs",
)


def draw_status(found: StatusDocument) -> None:
    """Print it; what is wrong goes to standard error, in a sentence each, beneath the tables."""
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
    for line in found.projections:
        if line.left_out:
            say(
                f"{line.name}: {counted(line.left_out, 'event')} left out, see `clienteling dead-letters "
                f"list`"
            )
    if found.left_out_by_every_reader:
        say(f"Every reader of the log leaves out {counted(found.left_out_by_every_reader, 'event')}.")
    _draw_relay(found.relay)
    _draw_reactions(found.reactions)
    if found.webhooks:
        draw_webhooks(found.webhooks)
    for line in found.projections:
        if trouble := line.trouble or line.last_error:
            complain(f"{line.name}: {trouble}")
    if found.commands_waiting:
        say(f"{counted(found.commands_waiting, 'command')} over NATS not answered yet.")
    if found.commands_kept_aside:
        kept = counted(found.commands_kept_aside, "command")
        complain(f"{kept} over NATS refused, see `clienteling dead-letters list commands`")
    if not found.nats_answers:
        complain("NATS does not answer")
    if found.silent:
        complain(f"nothing was heard lately of: {', '.join(found.silent)}; does it hang, or was it killed?")


def _doing(line: ProjectionLine) -> str:
    paused = " (paused)" if line.paused and line.doing != "paused" else ""
    return ("stalled" if line.stalled and line.doing != SILENT else line.doing) + paused


def _draw_relay(health: dict[str, Any] | None) -> None:
    if health is None:
        say("The relay does not run.")
        return
    details = ", ".join(f"{name} {health[name]}" for name in RELAY_FIELDS if health.get(name))
    say(f"The relay: {health.get('doing')}{', stalled' if health.get('stalled') else ''}; {details}")


def _draw_reactions(lines: list[ReactionLine]) -> None:
    if all(line.doing == "stopped" for line in lines):
        say("The reactions do not run.")
    table(
        "",
        ("reaction", ("position", "right"), ("lag", "right"), "doing", ("dead letters", "right"), "trouble"),
        (
            (
                line.name, f"{line.position:,}", f"{line.lag_events:,}",
                "stalled" if line.stalled else "paused" if line.paused else line.doing,
                line.kept_aside, line.trouble or line.last_error or "",
            )
            for line in lines
        ),
    )  # fmt: skip
