"""How bytes go in and out of a client's connection, where uvicorn's own way is too generous or too slow."""

import asyncio
from collections.abc import Sized

from uvicorn.protocols.http.flow_control import FlowControl


class PipelineFlowControl(FlowControl):
    """Flow control that reads on only when no request waits; uvicorn's own reads on after each response."""

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        """Read on, unless more has been read than is being answered."""
        if not self._waiting:
            super().resume_reading()


class HeadAndBodyTransport:
    """A transport that sends the head of a response together with its body, in one packet instead of two."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head: bytes | None = None
        self._is_first = True
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """Send some of an answer; its head waits for what comes right behind it."""
        if self._is_first:
            self._is_first = False
            self._head = data
            # A body that is not there yet is not waited for.
            self._loop.call_soon(self._flush)
        elif self._head is not None:
            self._transport.write(self._head + data)
            self._head = None
        else:
            self._transport.write(data)

    def close(self) -> None:
        """End the connection when all was sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head is not None:
            self._transport.write(self._head)
            self._head = None
