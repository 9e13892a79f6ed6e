"""How the house stands: projections, relay, reactions, webhooks, NATS, and whether somebody has to look."""

from collections.abc import Sequence
from typing import Any

import msgspec

from infra.clock import SYSTEM_CLOCK
from infra.dead_letters import dead_letters
from infra.event_store.log import EventLog
from infra.messaging.commands import SENT
from infra.projection_store.catalog import generation_statuses
from infra.projection_store.health import ProjectionLine, fresh_statuses, health_of
from infra.projection_store.heartbeats import heartbeats
from services.read_models.reaction_status import ReactionLine, reaction_lines, reactions_well
from services.read_models.webhook_status import WebhookLine, webhook_lines


class StatusDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`healthy` is false when anything is stalled, silent, stopped, in trouble, paused and behind, behind
    and not moving while it is looked at, or has put something aside, and while NATS does not answer.

    `commands_waiting`: sent over NATS and not answered yet; null where NATS does not say.
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
    commands_waiting: int | None
    commands_kept_aside: int
    webhooks: list[WebhookLine]


def house_status(
    connection: Any,
    log: EventLog,
    names: Sequence[str],
    *,
    nats_answers: bool,
    commands_waiting: int | None,
    heartbeat_seconds: float,
) -> StatusDocument:
    """How these projections, the relay, the reactions, the webhooks and NATS stand at this moment."""
    # The tables first: so no lag is less than nothing.
    found, beats = generation_statuses(connection), heartbeats(connection)
    log_position, now = log.last_position(), SYSTEM_CLOCK.now()
    words = fresh_statuses("reactions", beats, now, heartbeat_seconds)
    reactions = reaction_lines(connection, words, log_position)
    sent = fresh_statuses("webhooks", beats, now, heartbeat_seconds)
    webhooks = webhook_lines(connection, sent, log_position)
    commands_kept_aside = len(dead_letters(connection, SENT))
    health = health_of(
        names, found, beats, log_position=log_position, now=now, heartbeat_seconds=heartbeat_seconds
    )
    return StatusDocument(
        healthy=health.healthy
        and not commands_kept_aside
        and all(line.well for line in webhooks)
        and (not log_position or (nats_answers and reactions_well(reactions))),
        log_position=log_position,
        nats_answers=nats_answers,
        left_out_by_every_reader=len(log.left_out()),
        relay=health.relay,
        silent=health.silent,
        projections=health.projections,
        reactions=reactions,
        commands_waiting=commands_waiting,
        commands_kept_aside=commands_kept_aside,
        webhooks=webhooks,
    )
