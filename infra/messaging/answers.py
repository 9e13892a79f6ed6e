"""What we answer to those who send us messages: kept on a stream, so that who is away finds it later.

Each sender has a subject, `clienteling.answers.<sender>`, and a durable of its name. Nobody else may read
either (see `infra.nats`).
"""

from contextlib import suppress

import structlog
from nats.js import JetStreamContext as JetStream
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from infra.messaging.inbox import SECONDS_PER_DAY
from infra.messaging.stream import close_to_deletion
from infra.messaging.subjects import ANSWER_SUBJECTS, ANSWERS, answers_to
from infra.settings import Settings

__all__ = ["JetStream", "answers_config", "ensure_answers", "publish_answer"]

log = structlog.get_logger(__name__)


def answers_config(settings: Settings) -> StreamConfig:
    """The stream as it is made. Its limits are the operator's to change."""
    return StreamConfig(
        name=ANSWERS,
        description="What clienteling answers to those who send it messages.",
        subjects=[ANSWER_SUBJECTS],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_age=settings.inbox_kept_days * SECONDS_PER_DAY,
        num_replicas=settings.stream_replicas,
        duplicate_window=settings.stream_duplicate_window_seconds,
        deny_delete=True,
        deny_purge=True,
    )


async def ensure_answers(jetstream: JetStream, settings: Settings, sender: str) -> None:
    """Make the stream and the durable of a sender wherever one is missing."""
    try:
        await close_to_deletion(jetstream, ANSWERS)
    except NotFoundError:
        await jetstream.add_stream(answers_config(settings))
        log.info("Made the stream of answers", stream=ANSWERS, kept_days=settings.inbox_kept_days)
    with suppress(NotFoundError):
        await jetstream.consumer_info(ANSWERS, sender)
        return
    await jetstream.add_consumer(
        ANSWERS,
        ConsumerConfig(
            name=sender,
            durable_name=sender,
            description=f"Answers to {sender}",
            deliver_policy=DeliverPolicy.ALL,
            filter_subject=answers_to(sender),
            ack_policy=AckPolicy.EXPLICIT,
            max_deliver=-1,
        ),
    )
    log.info("Made the durable of a sender", stream=ANSWERS, sender=sender)


async def publish_answer(jetstream: JetStream, sender: str, content: bytes, headers: dict[str, str]) -> None:
    """Answer a sender; it is kept when this returns."""
    await jetstream.publish(answers_to(sender), content, headers=headers, stream=ANSWERS)
