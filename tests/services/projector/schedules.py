"""Schedules: what may happen to two projectors of the same projections, one thing after the other, in any
order.

Each projector reads the stream as production does: raw messages through `Feed.take`, junk and forged ones
among them, for all of its projections together. What is done to one projection must not show in another.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

import services.projector.at_once as at_once
import services.projector.engine as engine_module
from infra.event_store.epoch import Epoch
from infra.event_store.log import LoggedEvent
from infra.messaging.arrivals import ArrivalReader
from infra.messaging.pulls import Delivered
from infra.messaging.stamps import Stamps
from infra.projection_store.advancing import Advance, Standing
from infra.projection_store.bulk import add_generation, finish_generation
from infra.projection_store.catalog import set_paused
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.decoding import SharedDecoding
from services.projector.engine import LiveEngine
from services.projector.feed import Feed
from services.projector.lane import Lane
from services.rebuild.partial_rebuild import rebuild_keys
from services.rebuild.rebuild import NothingToGoBackTo, roll_back
from services.rebuild.switch import KeysParked, take_over
from tests.services.projector.histories import History

#: Steps after which less is left to do, and those after which something is amiss. Taking comes most often.
TAKES: Final = ("take", "take", "take", "again", "late", "together", "catch_up")
TROUBLES: Final = (
    "lose", "hold", "remade", "dies_before_commit", "dies_after_commit", "fails_before_commit",
    "fails_after_commit", "restart", "pause", "resume", "resume", "resume", "set_back", "key_made_anew",
    "cut_off",
)  # fmt: skip
SWITCHES: Final = ("rebuild", "roll_back")


#: Nothing takes so long, however busy the machine is.
STUCK_SECONDS: Final = 60.0


class Step(NamedTuple):
    """What happens, to which of the projectors, to which projection of it, where in the stream, with how many
    messages, and whether back to front.
    """

    what: str
    who: int
    which: int
    place: int
    size: int
    backwards: bool


def schedules(messages: int, *, longest: int = 20) -> st.SearchStrategy[list[Step]]:
    """Any schedule on a stream of so many messages."""
    what = st.sampled_from(TAKES * 3 + TROUBLES * 2 + SWITCHES)
    step = st.builds(
        Step, what, st.integers(0, 1), st.integers(0, 2), st.integers(0, messages - 1), st.integers(1, 12),
        st.booleans(),
    )  # fmt: skip
    return st.lists(step, min_size=5, max_size=longest)


class Died(Exception):
    """A process ended here, or its connection did."""


class Faults:
    """Makes the next commit of an engine's projection fail: before it, so that all of it is taken back, or
    after it, so that nobody heard of it.
    """

    def __init__(self) -> None:
        self.before: tuple[ProcessOfProjector, LiveEngine] | None = None
        self.happened = 0
        #: Set when it happens, where the process dies of it.
        self.dies: asyncio.Event | None = None

    def install(self, monkeypatch: Any) -> None:
        """Stand where everything is written and committed next, both ways in which it is."""
        move, advance = engine_module.move_checkpoint, at_once.advance

        async def move_checkpoint(connection: Any, name: str, *arguments: Any) -> int:
            revision = await move(connection, name, *arguments)
            if self._concerns(connection, [name]):
                raise self._died()
            return revision

        async def advanced(
            connection: Any, last: LoggedEvent, advances: Sequence[Advance]
        ) -> dict[str, Standing]:
            if not self._concerns(connection, [one.name for one in advances]):
                return await advance(connection, last, advances)
            async with connection.transaction(force_rollback=True):
                moved = await advance(connection, last, advances)
            if not self._concerns(connection, moved):
                return {}
            raise self._died()

        monkeypatch.setattr(engine_module, "move_checkpoint", move_checkpoint)
        monkeypatch.setattr(at_once, "advance", advanced)

    def _concerns(self, connection: Any, names: Collection[str]) -> bool:
        if self.before is None:
            return False
        process, engine = self.before
        ours = connection in (engine._connection, process.feed._connection)
        return ours and engine.projection.name in names

    def _died(self) -> Died:
        self.before = None
        self.happened += 1
        if self.dies is not None:
            self.dies.set()
        return Died()

    def after(self, engine: LiveEngine) -> None:
        """Let the engine's next commit go through, and the answer get lost."""
        kept = engine.following.kept
        real = kept.keep

        def keep(*_: Any, **__: Any) -> None:
            kept.keep = real  # type: ignore[method-assign]
            raise self._died()

        kept.keep = keep  # type: ignore[method-assign]


class ProcessOfProjector:
    """One projector's process: a feed, its engines, and where its consumer is in the stream."""

    def __init__(
        self, projections: Sequence[Projection[Any]], settings: Settings, epoch: Epoch, history: History
    ) -> None:
        self._settings = settings
        self.projections = projections
        self._stamps = Stamps([epoch])
        self._history = history
        self.cursor = 0
        self.last: Sequence[Delivered] = ()
        self.held: list[list[Delivered]] = []
        self.stop, self.feed = self._begun()

    def _begun(self) -> tuple[asyncio.Event, Feed]:
        stop, decoding = asyncio.Event(), SharedDecoding()
        url = self._history.url
        engines = [LiveEngine(one, self._settings, url, decoding=decoding) for one in self.projections]
        return stop, Feed(engines, self._settings, url, arrivals=ArrivalReader(self._stamps), stop=stop)

    def lane(self, projection: Projection[Any]) -> Lane:
        """The lane of a projection."""
        return next(lane for lane in self.feed.lanes if lane.name == projection.name)

    def pulled(self, step: Step) -> list[Delivered]:
        """The next messages of the consumer."""
        batch = self._history.delivered(self.cursor, step.size)
        self.cursor += len(batch)
        return batch[::-1] if step.backwards else batch

    async def take(self, batch: Sequence[Delivered]) -> None:
        """Take a batch in by the code that does in production; what is paused holds its part of it."""
        self.last = batch
        if batch:
            await self.feed.take(list(batch))
        await self.settled()

    async def settled(self) -> None:
        """Until everything that was given has been taken in, but for what is paused."""
        deadline = time.monotonic() + STUCK_SECONDS
        while any(self._at_work(lane) for lane in self.feed.lanes):
            told = [lane.status.last_error for lane in self.feed.lanes]
            assert time.monotonic() < deadline, f"a batch does not go in: {told}"
            await asyncio.sleep(0.002)

    def _at_work(self, lane: Lane) -> bool:
        if not lane.holding:
            return False
        return not (lane.held_up and self._history.paused(lane.engine.projection))

    async def end(self) -> None:
        """The process ends."""
        self.stop.set()
        for lane in self.feed.lanes:
            await lane.end()
            await lane.engine.close()
        await self.feed.disconnect()

    async def restart(self) -> None:
        """Another process in its place, which knows nothing."""
        await self.end()
        self.stop, self.feed = self._begun()


class House:
    """Two projectors of some projections on one log, and what is done to them."""

    def __init__(
        self,
        projections: Sequence[Projection[Any]],
        settings: Settings,
        epoch: Epoch,
        history: History,
        faults: Faults,
    ) -> None:
        self._settings, self._history, self._faults = settings, history, faults
        self._projections = projections
        self.processes = [ProcessOfProjector(projections, settings, epoch, history) for _ in range(2)]

    async def run(self, schedule: Sequence[Step], look: Callable[[], None]) -> None:
        """Do it all, looking after each step, then let everybody come to the end of the log."""
        try:
            for step in schedule:
                await self._do(step)
                await self._settled()
                look()
            for projection in self._projections:
                self._pause(projection, False)
            for process in self.processes:
                await process.take(process.pulled(Step("take", 0, 0, 0, 5, False)))
                for lane in process.feed.lanes:
                    lane.catch_up(self._history.end)
                await process.settled()
        finally:
            for process in self.processes:
                await process.end()

    async def _settled(self) -> None:
        for process in self.processes:
            await process.settled()

    async def _do(self, step: Step) -> None:
        process = self.processes[step.who]
        projection = self._projections[step.which % len(self._projections)]
        match step.what:
            case "take":
                await process.take(process.pulled(step))
            case "again":
                await process.take(process.last)
            case "lose":
                process.pulled(step)
            case "hold":
                process.held.append(process.pulled(step))
            case "late":
                await process.take(process.held.pop(0) if process.held else ())
            case "together":
                await asyncio.gather(*(one.take(one.pulled(step)) for one in self.processes))
            case "remade":
                process.cursor = step.place
            case "restart":
                await process.restart()
            case "catch_up":
                process.lane(projection).catch_up(min(self._history.end, step.place + step.size))
            case "pause" | "resume":
                self._pause(projection, step.what == "pause")
            case "set_back":
                # In a thread: a lane that is paused may hold the checkpoint at this moment.
                await asyncio.to_thread(self._history.empty, projection)
            case "cut_off":
                self._history.cut_off("projector")
            case "key_made_anew":
                key = self._history.key_at(projection, step.place)
                # A key whose history cannot be folded is not made anew; that is tested elsewhere.
                keys = [key] if key and key not in self._history.poisoned_keys else []
                await self._apart(rebuild_keys, projection, keys)
            case "rebuild" | "roll_back":
                await self._switch(step.what, projection)
            case _:
                await self._fail(step, process, projection)

    async def _fail(self, step: Step, process: ProcessOfProjector, projection: Projection[Any]) -> None:
        """The next commit of a projection fails; the process tries again, or dies with it and loses what it
        had pulled.
        """
        before, dies = step.what.endswith("before_commit"), step.what.startswith("dies")
        engine, happened = process.lane(projection).engine, self._faults.happened
        stood = self._history.checkpoint(projection)
        async with engine.lock:
            await engine.position()
        self._faults.dies = process.stop if dies else None
        if before:
            self._faults.before = process, engine
        else:
            self._faults.after(engine)
        await process.take(process.pulled(step))
        if self._faults.happened == happened:
            assert self._history.checkpoint(projection) == stood, "nothing failed, so nothing was written"
            self._faults.before = None
            await process.restart()
        elif dies:
            moved = self._history.checkpoint(projection) != stood
            assert moved != before, "taken back before the commit, there after it"
            await process.restart()

    def _pause(self, projection: Projection[Any], paused: bool) -> None:
        set_paused(self._history.connection, projection.name, paused)

    async def _switch(self, what: str, projection: Projection[Any]) -> None:
        engine = self.processes[0].lane(projection).engine
        async with engine.lock:
            await engine.position()
        try:
            if what == "rebuild":
                # An empty generation: all of its events are folded while it catches up.
                generation = add_generation(self._history.connection, projection)
                finish_generation(self._history.connection, projection, generation, 0)
                await self._apart(take_over, self._history.connection, projection, generation)
            else:
                await self._apart(roll_back, projection)
        except (KeysParked, NothingToGoBackTo):
            # A generation that met poison is not switched to.
            pass

    async def _apart(self, do: Callable[..., Any], *arguments: Any) -> None:
        await asyncio.to_thread(do, self._settings, self._history.url, *arguments)
