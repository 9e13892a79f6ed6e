"""What changes, told to all who listen: one look at the tables for a whole process, and none while nobody
listens.

The changes of an event are told when every projection contains it, so whoever reads then reads what is new.
A projection that stays behind is not waited for; when it has caught up, everything is to be read again.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Literal

import msgspec
import structlog

from infra.event_store.log import EventLog
from services.api.listeners import OPERATORS, Audience, Listener, Listeners
from services.api.read_tokens import Place, place_of, token_of
from services.read_models.changes import Change, changes_of
from services.read_models.standing import Standing, house_standing_of, standing_of
from services.read_models.tables import Tables

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 0.1
#: What is said when nothing changes, so that nobody in between takes an answer for dead.
BEAT_SECONDS: Final = 15.0
#: Looks of a beat: the listeners take turns, so that no look has to do with all of them.
LOOKS_PER_BEAT: Final = round(BEAT_SECONDS / LOOK_SECONDS)
#: Operators are told of the house so often, which has no positions.
LOOKS_PER_HOUSE: Final = 5
#: After so long a projection that stands still while others go on is not waited for.
LATE_SECONDS: Final = 5.0
EVENTS_MAX: Final = 1_000
#: Events that a feed begins before the present, for whoever was cut off and asks again.
RECALLED_EVENTS: Final = 500
#: Messages that are kept for whoever was cut off.
KEPT_MAX: Final = 5_000

HOUSE: Final = Change(what="house")

Why = Literal["began", "missed", "rebuilt", "set_back"]


class Told(msgspec.Struct, frozen=True):
    """A change, for whom it is, and the message."""

    position: int
    audiences: tuple[Audience, ...]
    message: bytes


class LiveFeed:
    """The feed of one process. `audiences_of` says who may hear of a change."""

    def __init__(
        self, tables: Tables, events: EventLog, audiences_of: Callable[[Change], tuple[Audience, ...]]
    ) -> None:
        self._tables = tables
        self._log = events
        self._audiences_of = audiences_of
        self._listeners = Listeners()
        self._begun: asyncio.Future[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._standing = Standing("", 0, {}, {})
        #: Up to where everything was told, and behind which all of that is kept.
        self._position = 0
        self._kept_behind = 0
        self._kept: deque[Told] = deque()
        self._late: frozenset[str] = frozenset()
        self._behind_since: float | None = None
        self._looks = 0
        #: How the house stood when operators were told last; None while none listens.
        self._house: str | None = None

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners.all)

    @property
    def looking(self) -> bool:
        """Whether somebody listens, or did a moment ago."""
        return self._running is not None and not self._running.done()

    def reset(self, why: Why) -> bytes:
        """The message to read everything again."""
        return b'event: reset\ndata: {"why":"%b","position":%d}\n%b\n' % (
            why.encode(),
            self._position,
            self._id(),
        )

    async def begin(self, stopping: asyncio.Event) -> None:
        """Look, from now on until nobody listens or the process is stopping."""
        if self.looking:
            return
        if self._begun is None or self._begun.done():
            self._begun = asyncio.ensure_future(self._begin())
        await asyncio.shield(self._begun)
        if not self.looking:
            self._running = asyncio.ensure_future(self._run(stopping))

    async def watch_house(self) -> None:
        """Know how the house stands before an operator is added, who is told of what changes from then on."""
        if self._house is None:
            self._house = await house_standing_of(self._tables)

    def add(self, listener: Listener, last_id: str | None) -> None:
        """Tell a listener everything from now on, or from where it was cut off; to be called once begun."""
        place = None if last_id is None else place_of(last_id)
        if last_id is None:
            missed = [self.reset("began")]
        elif place is None or place.epoch != self._standing.epoch or place.position > self._position:
            missed = [self.reset("set_back")]
        elif place.position < self._kept_behind:
            missed = [self.reset("missed")]
        else:
            heard = {*listener.audiences}
            kept = [one for one in self._kept if one.position > place.position]
            missed = [one.message for one in kept if not heard.isdisjoint(one.audiences)]
            if OPERATORS in heard:
                missed.append(_message(HOUSE, self._position))
        self._listeners.add(listener)
        listener.tell(b"".join([b"retry: 1000\n", *missed, self._id(), b"\n"]))

    def discard(self, listener: Listener) -> None:
        """Tell a listener nothing more."""
        self._listeners.discard(listener)

    async def _begin(self) -> None:
        self._standing = await standing_of(self._tables)
        self._late, self._behind_since = frozenset(), None
        reached = self._reached(self._standing)
        self._position = self._kept_behind = max(0, reached - RECALLED_EVENTS)
        self._kept.clear()
        self._keep(await self._read_up_to(reached))

    async def _run(self, stopping: asyncio.Event) -> None:
        failing = False
        while self._listeners.all and not stopping.is_set():
            try:
                await self._look()
                failing = False
            except Exception as error:
                if not failing:
                    log.warning("What changes cannot be told for now", error=repr(error))
                failing = True
            self._beat()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
        for listener in self._listeners.all:
            listener.end()

    async def _look(self) -> None:
        before, now = self._standing, await standing_of(self._tables)
        if now.epoch != before.epoch or now.end < self._position:
            await self._begin()
            self._tell_all("set_back")
        elif now.generations != before.generations:
            await self._begin()
            self._tell_all("rebuilt")
        else:
            self._standing = now
            await self._follow(now)
        if self._looks % LOOKS_PER_HOUSE == 0:
            await self._look_at_house()

    async def _look_at_house(self) -> None:
        listening = self._listeners.hearing([OPERATORS])
        before, self._house = self._house, await house_standing_of(self._tables) if listening else None
        if self._house != before:
            for listener in listening:
                listener.tell(_message(HOUSE, self._position))

    async def _follow(self, now: Standing) -> None:
        if caught_up := {name for name in self._late if now.positions.get(name, 0) >= self._position}:
            self._late -= caught_up
            self._tell_all("missed")
        self._wait_for_nobody_late(now)
        reached = self._reached(now)
        if reached - self._position > EVENTS_MAX:
            self._position = self._kept_behind = reached
            self._kept.clear()
            self._tell_all("missed")
        elif reached > self._position:
            told = await self._read_up_to(reached)
            self._keep(told)
            self._tell(told)

    def _wait_for_nobody_late(self, now: Standing) -> None:
        ahead = {name for name, position in now.positions.items() if position > self._position}
        if not ahead or self._reached(now) > self._position:
            self._behind_since = None
            return
        time = asyncio.get_running_loop().time()
        self._behind_since = self._behind_since or time
        if time > self._behind_since + LATE_SECONDS:
            self._late = frozenset(now.positions) - ahead

    def _reached(self, standing: Standing) -> int:
        """Up to where every projection that is waited for contains the log."""
        waited_for = [at for name, at in standing.positions.items() if name not in self._late]
        return min(waited_for, default=standing.end)

    async def _read_up_to(self, reached: int) -> list[Told]:
        """What changed up to there; it counts as told."""
        page = await asyncio.to_thread(self._log.read, self._position, EVENTS_MAX)
        events = [event for event in page if event.position <= reached]
        changes = await changes_of(self._tables, events) if events else {}
        self._position = reached
        return [
            Told(position, self._audiences_of(change), _message(change, position))
            for change, position in changes.items()
        ]

    def _keep(self, told: Sequence[Told]) -> None:
        self._kept.extend(told)
        while len(self._kept) > KEPT_MAX:
            self._kept_behind = self._kept.popleft().position

    def _tell(self, told: Sequence[Told]) -> None:
        messages: dict[Listener, list[bytes]] = {}
        for one in told:
            for listener in self._listeners.hearing(one.audiences):
                messages.setdefault(listener, []).append(one.message)
        for listener, heard in messages.items():
            # The id comes last: who is cut off in between hears all of it again.
            listener.tell(b"".join([*heard, self._id(), b"\n"]))

    def _tell_all(self, why: Why) -> None:
        for listener in self._listeners.all:
            listener.tell(self.reset(why))

    def _beat(self) -> None:
        now = asyncio.get_running_loop().time()
        self._looks += 1
        for number, listener in enumerate(self._listeners.all):
            if listener.ends_at <= now:
                listener.end()
            elif number % LOOKS_PER_BEAT == self._looks % LOOKS_PER_BEAT:
                listener.tell(b": nothing new\n%b\n" % self._id())

    def _id(self) -> bytes:
        return b"id: %b\n" % token_of(Place(self._standing.epoch, self._position)).encode()


def _message(change: Change, position: int) -> bytes:
    document = msgspec.json.encode({**msgspec.to_builtins(change), "position": position})
    return b"event: change\ndata: %b\n\n" % document
