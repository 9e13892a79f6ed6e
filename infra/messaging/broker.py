"""FastStream's NATS broker over our client: the same subscribers, fed by `BatchPull`."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

import faststream.nats
from nats.js import JetStreamContext

from infra.embedded import NatsAddress, nats_address
from infra.messaging.client import StreamClient
from infra.messaging.connection import connection_options, disconnect, new_client
from infra.messaging.pulls import BatchPull
from infra.nats import NatsRole
from infra.settings import Settings


class PullingJetStream(JetStreamContext):
    """A JetStream context whose pull subscriptions are `BatchPull`s on durables that exist already.

    `consumers`: what to pull from in place of a durable.
    """

    consumers: Mapping[str, str]

    async def pull_subscribe(  # type: ignore[override]
        self, subject: str, durable: str | None = None, stream: str | None = None, **_: Any
    ) -> BatchPull:
        """Pull from a durable. It is not made here: where it starts depends on a projection's checkpoint."""
        if durable is None or stream is None:
            raise ValueError(f"a subscriber of {subject} has to name its durable and its stream")
        consumer = self.consumers.get(durable, durable)
        return BatchPull(cast(StreamClient, self._nc), stream, consumer, prefix=self._prefix)


class StreamBroker(faststream.nats.NatsBroker):
    """Connects with our client. Everything else is FastStream's own."""

    request_seconds: float = 5
    where: Callable[[], NatsAddress]
    #: What subscribers pull from in place of the durable that they name.
    consumers: dict[str, str]
    new_client: Callable[[], StreamClient]

    async def _connect(self) -> StreamClient:
        client = self.new_client()
        try:
            async with asyncio.timeout(self._connection_kwargs["connect_timeout"]):
                options: dict[str, Any] = {**self._connection_kwargs, "servers": self.where().urls}
                await client.connect(**options)
        except BaseException:
            await disconnect(client)
            raise
        self.config.connect(client)
        jetstream = PullingJetStream(client, timeout=self.request_seconds)
        jetstream.consumers = self.consumers
        self.config.connection_state.connect(client, jetstream)
        return client

    @property
    def client(self) -> StreamClient:
        """The connection itself. Raises before it is made."""
        return cast(StreamClient, self.config.connection_state.connection)

    @property
    def jetstream(self) -> JetStreamContext:
        """For questions about streams and consumers, over the same connection.

        Raises before it is connected.
        """
        return self.config.connection_state.stream


def stream_broker(settings: Settings, nats_url: str, *, name: str, role: NatsRole) -> StreamBroker:
    """A broker that is not connected yet.

    FastStream neither validates nor decodes: messages pass as bytes.
    """
    options = dict(connection_options(settings, nats_url, name=name, role=role))
    broker = StreamBroker(
        **options, graceful_timeout=settings.shutdown_seconds, apply_types=False, logger=None
    )
    broker.request_seconds = settings.nats_request_seconds
    broker.consumers = {}
    broker.where = lambda: nats_address(settings, nats_url)
    broker.new_client = lambda: new_client(settings, nats_url, role)
    return broker
