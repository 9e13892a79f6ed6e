"""nats-py's client with two short cuts, each measured: whole batches out, and messages in without parsing
them.

The stock client spends about 50 µs of Python per message on headers (out) and 100 µs on headers, a task and a
timer (in, through FastStream); these paths take 5 and 9. Everything else (connecting, reconnecting, requests,
subscriptions) is the stock client's. `tests/infra/messaging/test_client.py` holds both paths against it.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, Final

import nats.errors
from nats.aio.client import PING_PROTO, Client, Srv
from nats.aio.subscription import Subscription
from nats.protocol.parser import AWAITING_CONTROL_LINE, MAX_CONTROL_LINE_SIZE, Parser

from infra.embedded import NatsAddress
from infra.nats import UserKey

#: Takes (subject, reply, payload, header block) of one message, at once and without raising.
Sink = Callable[[bytes, bytes, bytes, bytes], None]


_HMSG: Final = b"HMSG "
_CRLF: Final = b"\r\n"


class FlushingClient(Client):
    """nats-py's client, with a `flush` after which the server has what was sent and subscribed to before."""

    async def _send_ping(self, future: asyncio.Future[Any] | None = None) -> None:
        # The stock one (nats-py 2.16) writes past the commands that still wait for the flusher, so that the
        # answer says nothing about them, and `flush` promises what it does not hold.
        self._pongs.append(asyncio.Future() if future is None else future)
        await self._send_command(PING_PROTO)
        await self._flush_pending()


class StreamClient(FlushingClient):
    """A NATS connection of the relay, the projector or another reader of the stream."""

    def __init__(
        self,
        where: Callable[[], NatsAddress],
        key: UserKey | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__()
        self._where = where
        self._key = key
        self._tls = tls
        self._sinks: dict[int, Sink] = {}
        self._ps = _SinkParser(self, self._sinks)

    async def connect(self, *args: Any, **options: Any) -> None:  # type: ignore[override]
        """Connect, with our key and certificates if there are any."""
        if self._key is not None:
            # What nats-py does with a seed, for which it wants a package that has no wheel.
            self._auth_configured, self._public_nkey = True, self._key.public
            options["signature_cb"] = self._key.sign
        if self._tls is not None:
            options["tls"] = self._tls
        await super().connect(*args, **options)

    async def subscribe_sink(self, subject: str, sink: Sink) -> Subscription:
        """Hand every message of a subject to `sink` as it comes off the wire."""
        subscription = await self.subscribe(subject)
        self._sinks[subscription._id] = sink  # pyright: ignore[reportPrivateUsage]
        return subscription

    async def end_deliveries(self, subscription: Subscription, timeout: int) -> None:  # noqa: ASYNC109 - nats-py's signature
        """Let the server send nothing more for a subscription; what it had sent by then has been taken in
        afterwards.

        Raises TimeoutError when the server does not answer within `timeout` seconds.
        """
        await self._send_unsubscribe(subscription._id)  # pyright: ignore[reportPrivateUsage]
        # Its answer to a ping stands behind everything that it sent before it knew.
        await self.flush(timeout)

    async def send_frames(self, frames: bytes) -> None:
        """Send ready-made protocol frames at once. Raises ConnectionClosedError while there is no connection.

        Nothing is kept for later: what the sender believed about the stream may no longer hold by then.
        """
        if not self.is_connected:
            raise nats.errors.ConnectionClosedError
        await self._send_command(frames)
        await self._flush_pending()

    @property
    def reconnects(self) -> int:
        """How often this connection has been made anew; what was asked of the server before is forgotten
        there.
        """
        return self.stats["reconnects"]

    async def close(self) -> None:
        """Close the connection; whoever closes it in good order is not told that it was lost."""
        self._disconnected_cb = None
        await super().close()

    async def drain(self) -> None:
        """Finish what is on its way and close the connection."""
        self._disconnected_cb = None
        await super().drain()

    async def _connect_to_server(self, s: Srv) -> None:
        # Before every attempt, not only the first: an embedded server may have come back on another port.
        address = self._where()
        if address.name is not None:
            s.uri = self._parse_server_uri(address.urls[0])
        try:
            await super()._connect_to_server(s)
        finally:
            # On Python 3.11 `asyncio.wait_for`, in which nats-py waits, loses a cancellation that comes in
            # the moment in which the attempt ends; nobody cancels twice, and it would connect for ever.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        wanted, found = self._where().name, info.get("server_name")
        if initial_connection and wanted not in (None, found):
            if self._transport is not None:
                self._transport.close()
            raise nats.errors.Error(f"the server that listens there is {found}, not {wanted}")
        await super()._process_info(info, initial_connection)

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        self._sinks.pop(sid, None)
        super()._remove_sub(sid, max_msgs)

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: Any) -> None:
        sink = self._sinks.get(sid)
        if sink is None:
            await super()._process_msg(sid, subject, reply, data, headers)
        else:
            sink(subject, reply, data, headers or b"")


class _SinkParser(Parser):
    """The stock parser, which need not look at messages with headers that go to a sink."""

    def __init__(self, client: StreamClient, sinks: dict[int, Sink]) -> None:
        super().__init__(client)
        self._sinks = sinks

    async def parse(self, data: bytes = b"") -> None:
        """Take in what came over the wire; sinks get their messages at once, in order with all others."""
        if self.state != AWAITING_CONTROL_LINE or not self._sinks:
            await super().parse(data)
            return
        self.buf.extend(data)
        if not self._hand_over():
            await super().parse()

    def _hand_over(self) -> bool:
        # Whether what is left in the buffer is only the beginning of a message for a sink.
        # Cutting pieces out of bytes copies them once, out of the bytearray twice: benchmarks/projector.py.
        buffer, start = bytes(self.buf), 0
        try:
            while buffer.startswith(_HMSG, start):
                line_end = buffer.find(_CRLF, start, start + MAX_CONTROL_LINE_SIZE)
                if line_end < 0:
                    return len(buffer) - start < MAX_CONTROL_LINE_SIZE
                words = buffer[start + len(_HMSG) : line_end].split()
                sink = self._sinks.get(int(words[1]))
                if sink is None:
                    return False
                body = line_end + 2
                payload, end = body + int(words[-2]), body + int(words[-1])
                if len(buffer) < end + 2:
                    return True
                reply = words[2] if len(words) == 5 else b""
                sink(words[0], reply, buffer[payload:end], buffer[body:payload])
                start = end + 2
            return start == len(buffer)
        finally:
            del self.buf[:start]
