"""Batches of messages from a durable that exists, by way of FastStream, exactly as they came.

`AckPolicy.MANUAL`, because FastStream's other policies give up a whole batch for one error; `declare=False`,
because a stream is declared in one place and never by its readers.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from faststream.middlewares import AckPolicy
from faststream.nats import JStream, PullSub
from faststream.nats.message import NatsBatchMessage

from infra.messaging.broker import StreamBroker
from infra.messaging.pulls import BatchPull, Delivered


class Batches:
    """A subscriber registered with a broker that has not been started.

    `take` gets each batch and acknowledges it.
    """

    def __init__(
        self,
        broker: StreamBroker,
        subject: str,
        *,
        stream: str,
        durable: str,
        size_max: int,
        wait_seconds: float,
        take: Callable[[list[Delivered]], Awaitable[None]],
    ) -> None:
        self._consumers = broker.consumers
        self._durable = durable
        self._subscriber = broker.subscriber(
            subject,
            stream=JStream(stream, declare=False),
            durable=durable,
            pull_sub=PullSub(batch_size=size_max, timeout=wait_seconds, batch=True),
            ack_policy=AckPolicy.MANUAL,
            parser=_as_it_came,
            decoder=_undecoded,
            title=durable,
        )
        self._subscriber(take)

    def read_from(self, consumer: str) -> None:
        """Pull from this consumer from now on, instead of the durable that was named first.

        Before the broker is started it says what the first pull asks.
        """
        self._consumers[self._durable] = consumer
        pull: Any = self._subscriber.subscription
        if isinstance(pull, BatchPull):
            pull.read_from(consumer)

    @property
    def trouble(self) -> str | None:
        """Why nothing can be pulled, if nothing can."""
        pull: Any = self._subscriber.subscription
        return pull.trouble if isinstance(pull, BatchPull) else None


async def _as_it_came(messages: list[Delivered], _: Any) -> Any:
    return NatsBatchMessage(raw_message=messages, body=b"")  # type: ignore[arg-type]


async def _undecoded(message: Any, _: Any) -> Any:
    return message.raw_message
