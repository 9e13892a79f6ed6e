"""Status of the reactions, by their heartbeats, their positions and what they keep as dead letters."""

from typing import Any

import msgspec

from infra.dead_letters import dead_letters
from infra.reaction_store.positions import all_followed_to
from infra.reaction_store.sources import LOG_REACTIONS, SOURCE_OF


class ReactionLine(msgspec.Struct, frozen=True, kw_only=True):
    """How one reaction stands. `doing`, `trouble` and `last_error` are its own words; `stopped` when it does
    not run.

    `lag_events`: positions of the log, for stock arrivals the messages in the inbox. `kept_aside`: see
    `dead-letters list`.
    """

    name: str
    position: int
    lag_events: int
    doing: str
    stalled: bool
    paused: bool
    kept_aside: int
    trouble: str | None
    last_error: str | None


def reaction_lines(connection: Any, beats: list[dict[str, Any]], log_position: int) -> list[ReactionLine]:
    """A line for each. `beats`: what the running services last said of their reactions."""
    words = {health["reaction"]: health for beat in beats for health in beat["reactions"]}
    followed = {one.name: one for one in all_followed_to(connection)}
    kept = [letter.projection for letter in dead_letters(connection)]
    lines: list[ReactionLine] = []
    for name, source in SOURCE_OF.items():
        said = words.get(name, {})
        stands = followed.get(name)
        position = stands.position if stands else 0
        behind = max(0, log_position - position) if name in LOG_REACTIONS else said.get("lag_events", 0)
        lines.append(
            ReactionLine(
                name=name,
                position=position,
                lag_events=behind,
                doing=str(said.get("doing", "stopped")),
                stalled=bool(said.get("stalled", False)),
                paused=bool(stands and stands.paused),
                kept_aside=kept.count(source),
                trouble=said.get("trouble"),
                last_error=said.get("last_error"),
            )
        )
    return lines


def reactions_well(lines: list[ReactionLine]) -> bool:
    """Whether nobody has to look: all run, none stands still, is paused and behind, or cut off; nothing
    was kept as a dead letter.
    """
    return not any(
        line.stalled
        or line.kept_aside
        or line.doing == "stopped"
        or (line.paused and line.lag_events)
        # To wait for a table is a matter of moments; if it is not, it is stalled.
        or (line.trouble and line.doing != "waiting")
        for line in lines
    )
