"""Status: how projections, relay, reactions, webhooks and NATS are, and whether somebody has to look."""

import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from infra.clock import SYSTEM_CLOCK
from infra.dead_letters import dead_letters
from infra.messaging.commands import SENT
from infra.messaging.connection import answers
from infra.projection_store.catalog import generation_statuses
from infra.projection_store.health import ProjectionLine, fresh_statuses, health_of
from infra.projection_store.heartbeats import heartbeats
from infra.runtime import Runtime
from projections.kernel import Projection
from services.recovery.reaction_status import ReactionLine, reaction_lines, reactions_well
from services.recovery.webhook_status import WebhookLine, webhook_lines

#: For so long at most what is behind is looked at.
STILL_SECONDS: Final = 3.0
LOOK_SECONDS: Final = 0.25


class StatusDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`healthy` is false when anything is stalled, silent, stopped, in trouble, paused and behind, behind
    and not moving while it is looked at, or has put something aside, and while NATS does not answer.

    `commands_kept_aside`: commands over NATS that were refused, see `dead-letters list commands`.
    """

    healthy: bool
    log_position: int
    nats_answers: bool
    left_out_by_every_reader: int
    relay: dict[str, Any] | None
    silent: list[str]
    projections: list[ProjectionLine]
    reactions: list[ReactionLine]
    commands_kept_aside: int
    webhooks: list[WebhookLine]


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
    """How these projections, the relay, the reactions, the webhooks and NATS stand at this moment."""
    beat_seconds = runtime.settings.service_heartbeat_seconds
    nats_answers = answers(runtime.settings, runtime.servers.nats_url)
    with runtime.connect("status") as connection:
        # The tables first: so no lag is less than nothing.
        found, beats = generation_statuses(connection), heartbeats(connection)
        log_position, now = runtime.log.last_position(), SYSTEM_CLOCK.now()
        words = fresh_statuses("reactions", beats, now, beat_seconds)
        reactions = reaction_lines(connection, words, log_position)
        sent = fresh_statuses("webhooks", beats, now, beat_seconds)
        webhooks = webhook_lines(connection, sent, log_position)
        commands_kept_aside = len(dead_letters(connection, SENT))
    health = health_of(
        [projection.name for projection in chosen],
        found,
        beats,
        log_position=log_position,
        now=now,
        heartbeat_seconds=beat_seconds,
    )
    return StatusDocument(
        healthy=health.healthy
        and not commands_kept_aside
        and all(line.well for line in webhooks)
        and (not log_position or (nats_answers and reactions_well(reactions))),
        log_position=log_position,
        nats_answers=nats_answers,
        left_out_by_every_reader=len(runtime.log.left_out()),
        relay=health.relay,
        silent=health.silent,
        projections=health.projections,
        reactions=reactions,
        commands_kept_aside=commands_kept_aside,
        webhooks=webhooks,
    )
