"""Who listens for changes: what each is told, kept until their client takes it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any, Final

#: What waits for one client. Who is further behind is told to read everything again instead.
WAITING_BYTES_MAX: Final = 65_536

Send = Callable[[Any], Awaitable[None]]
#: Changes of one kind that may be heard: an operation, and of whom.
Audience = tuple[str, str]
#: Those who may read how the house stands.
OPERATORS: Final[Audience] = ("house", "")


class Listener:
    """One client. `missed` is what it is told in place of what it has missed."""

    __slots__ = ("_missed", "_send", "_sending", "_waiting", "audiences", "ends_at", "over")

    def __init__(self, send: Send, audiences: Collection[Audience], ends_at: float, missed: bytes) -> None:
        self.audiences = audiences
        #: When it is to be over, by the event loop's clock.
        self.ends_at = ends_at
        #: Done when nothing more is told.
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._send = send
        self._missed = missed
        self._waiting: list[bytes] = []
        self._sending: asyncio.Task[None] | None = None

    def tell(self, message: bytes) -> None:
        """Send a message behind those that wait."""
        waiting = len(message) + sum(map(len, self._waiting))
        if waiting > WAITING_BYTES_MAX:
            self._waiting = [self._missed]
        else:
            self._waiting.append(message)
        if self._sending is None:
            # No task waits while there is nothing to say: most say nothing, most of the time.
            self._sending = asyncio.ensure_future(self._send_waiting())

    def end(self) -> None:
        """Tell nothing more."""
        if not self.over.done():
            self.over.set_result(None)

    async def close(self, *, gone: bool) -> None:
        """End the answer, once its client has taken what waits, or at once when it is `gone`."""
        if (sending := self._sending) is not None:
            if gone:
                sending.cancel()
            await asyncio.wait({sending})
        if not gone:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_waiting(self) -> None:
        try:
            while self._waiting:
                body = b"".join(self._waiting)
                self._waiting.clear()
                await self._send({"type": "http.response.body", "body": body, "more_body": True})
        finally:
            self._sending = None


class Listeners:
    """All who listen, found by what they may hear."""

    def __init__(self) -> None:
        self.all: set[Listener] = set()
        self._hearing: dict[Audience, set[Listener]] = {}

    def add(self, listener: Listener) -> None:
        """Tell somebody from now on."""
        self.all.add(listener)
        for audience in listener.audiences:
            self._hearing.setdefault(audience, set()).add(listener)

    def discard(self, listener: Listener) -> None:
        """Tell somebody nothing more."""
        self.all.discard(listener)
        for audience in listener.audiences:
            hearing = self._hearing.get(audience, set())
            hearing.discard(listener)
            if not hearing:
                self._hearing.pop(audience, None)

    def hearing(self, audiences: Iterable[Audience]) -> set[Listener]:
        """Whoever may hear what is for any of these."""
        return {one for audience in audiences for one in self._hearing.get(audience, ())}
