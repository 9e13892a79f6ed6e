"""Schedules: what may happen to two projectors of one projection, one thing after the other, in whatever
order.

Each projector reads a stream of its own as production does: raw messages through `ProjectionConsumer.take`,
junk and forged ones among them.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

import services.projector.engine as engine_module
from infra.event_store.epoch import Epoch
from infra.messaging.arrivals import ArrivalReader
from infra.messaging.pulls import Delivered
from infra.messaging.stamps import Stamps
from infra.projection_store.bulk import add_generation, finish_generation
from infra.projection_store.catalog import set_paused
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.consumer import ProjectionConsumer
from services.projector.engine import LiveEngine
from services.rebuild.partial_rebuild import rebuild_keys
from services.rebuild.rebuild import NothingToGoBackTo, roll_back
from services.rebuild.switch import KeysParked, take_over
from tests.services.projector.histories import History

#: Steps after which less is left to do, and those after which something is amiss. Taking comes most often.
TAKES: Final = ("take", "take", "take", "again", "late", "together", "catch_up")
TROUBLES: Final = (
    "lose", "hold", "remade", "dies_before_commit", "dies_after_commit", "fails_before_commit",
    "fails_after_commit", "restart", "pause", "resume", "resume", "resume", "set_back", "key_made_anew",
)  # fmt: skip
SWITCHES: Final = ("rebuild", "roll_back")


#: Nothing takes so long, however busy the machine is.
STUCK_SECONDS: Final = 60.0


class Step(NamedTuple):
    """What happens, to which of the projectors, where in the stream, with how many messages, and whether back
    to front.
    """

    what: str
    who: int
    place: int
    size: int
    backwards: bool


def schedules(messages: int, *, longest: int = 20) -> st.SearchStrategy[list[Step]]:
    """Any schedule on a stream of so many messages."""
    what = st.sampled_from(TAKES * 3 + TROUBLES * 2 + SWITCHES)
    step = st.builds(
        Step, what, st.integers(0, 1), st.integers(0, messages - 1), st.integers(1, 12), st.booleans()
    )
    return st.lists(step, min_size=5, max_size=longest)


class Died(Exception):
    """A process ended here, or its connection did."""


class Faults:
    """Makes an engine's next commit fail: before it, so that all of it is taken back, or after it, so that
    nobody heard of it.
    """

    def __init__(self) -> None:
        self.before: LiveEngine | None = None
        self.happened = 0

    def install(self, monkeypatch: Any) -> None:
        """Stand where the engine has written everything and commits next."""
        real = engine_module.move_checkpoint

        async def move_checkpoint(connection: Any, *arguments: Any) -> int:
            revision = await real(connection, *arguments)
            if self.before is not None and self.before._connection is connection:
                self.before = None
                self.happened += 1
                raise Died
            return revision

        monkeypatch.setattr(engine_module, "move_checkpoint", move_checkpoint)

    def after(self, engine: LiveEngine) -> None:
        """Let the engine's next commit go through, and the answer get lost."""
        kept = engine._kept
        real = kept.keep

        def keep(*_: Any, **__: Any) -> None:
            kept.keep = real  # type: ignore[method-assign]
            self.happened += 1
            raise Died

        kept.keep = keep  # type: ignore[method-assign]


class ProcessOfProjector:
    """One projector's process as far as a projection goes: engine, consumption, and where its consumer is in
    the stream.
    """

    def __init__(
        self, projection: Projection[Any], settings: Settings, epoch: Epoch, history: History
    ) -> None:
        self._settings = settings
        self.projection = projection
        self._stamps = Stamps([epoch])
        self._history = history
        self.cursor = 0
        self.last: Sequence[Delivered] = ()
        self.held: list[list[Delivered]] = []
        self.engine, self.stop, self.consumption = self._begun()

    def _begun(self) -> tuple[LiveEngine, asyncio.Event, ProjectionConsumer]:
        engine, stop = LiveEngine(self.projection, self._settings, self._history.url), asyncio.Event()
        arrivals = ArrivalReader(self._stamps)
        return engine, stop, ProjectionConsumer(engine, self._settings, arrivals=arrivals, stop=stop)

    def pulled(self, step: Step) -> list[Delivered]:
        """The next messages of the consumer."""
        batch = self._history.delivered(self.cursor, step.size)
        self.cursor += len(batch)
        return batch[::-1] if step.backwards else batch

    async def take(self, batch: Sequence[Delivered]) -> None:
        """Take a batch in by the code that does in production; while projecting is paused it waits, and is
        ended.
        """
        self.last = batch
        if not batch:
            return
        taking = asyncio.create_task(self.consumption.take(list(batch)))
        began = time.monotonic()
        while not taking.done():
            await asyncio.wait([taking], timeout=0.01)
            stuck = time.monotonic() - began > STUCK_SECONDS
            if self.engine.status.doing == "paused" or stuck:
                self.stop.set()
            assert not stuck, f"a batch does not go in: {self.engine.status.last_error}"
        await taking
        if self.stop.is_set():
            await self.restart()

    async def restart(self) -> None:
        """Another process in its place, which knows nothing."""
        await self.engine.close()
        self.engine, self.stop, self.consumption = self._begun()


class House:
    """Two projectors of one projection on one log, and what is done to them."""

    def __init__(
        self, projection: Projection[Any], settings: Settings, epoch: Epoch, history: History, faults: Faults
    ) -> None:
        self._settings, self._history, self._faults = settings, history, faults
        self._projection = projection
        self.processes = [ProcessOfProjector(projection, settings, epoch, history) for _ in range(2)]

    async def run(self, schedule: Sequence[Step], look: Callable[[], None]) -> None:
        """Do it all, looking after each step, then let everybody come to the end of the log."""
        try:
            for step in schedule:
                await self._do(step)
                look()
            self._pause(False)
            for process in self.processes:
                await process.take(process.pulled(Step("take", 0, 0, 5, False)))
                assert await process.engine.catch_up(self._history.end)
        finally:
            for process in self.processes:
                await process.engine.close()

    async def _do(self, step: Step) -> None:
        process = self.processes[step.who]
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
                await process.engine.catch_up(min(self._history.end, step.place + step.size))
            case "pause" | "resume":
                self._pause(step.what == "pause")
            case "set_back":
                self._history.empty(self._projection)
            case "key_made_anew":
                key = self._history.key_at(self._projection, step.place)
                # A key whose history cannot be folded is not made anew; that is tested elsewhere.
                keys = [key] if key and key not in self._history.poisoned_keys else []
                await self._apart(rebuild_keys, self._projection, keys)
            case "rebuild" | "roll_back":
                await self._switch(step.what)
            case _:
                await self._fail(step, process)

    async def _fail(self, step: Step, process: ProcessOfProjector) -> None:
        """The next commit of a process fails; the process tries again, or dies with it and loses what it had
        pulled.
        """
        before, happened = step.what.endswith("before_commit"), self._faults.happened
        stood = self._history.checkpoint(self._projection)
        await process.engine.position()
        if before:
            self._faults.before = process.engine
        else:
            self._faults.after(process.engine)
        batch = process.pulled(step)
        if step.what.startswith("fails"):
            await process.take(batch)
        else:
            arrived = await process.consumption._arrived(batch)
            try:
                await process.consumption._take_in(arrived)
            except Died:
                moved = self._history.checkpoint(self._projection) != stood
                assert moved != before, "taken back before the commit, there after it"
            await process.restart()
        if self._faults.happened == happened:
            assert self._history.checkpoint(self._projection) == stood, (
                "nothing failed, so nothing was written"
            )
            self._faults.before = None
            await process.restart()

    def _pause(self, paused: bool) -> None:
        set_paused(self._history.connection, self._projection.name, paused)

    async def _switch(self, what: str) -> None:
        await self.processes[0].engine.position()
        try:
            if what == "rebuild":
                # An empty generation: all of its events are folded while it catches up.
                generation = add_generation(self._history.connection, self._projection)
                finish_generation(self._history.connection, self._projection, generation, 0)
                await self._apart(take_over, self._projection, generation)
            else:
                await self._apart(roll_back, self._projection)
        except (KeysParked, NothingToGoBackTo):
            # A generation that met poison is not switched to.
            pass

    async def _apart(self, do: Callable[..., Any], *arguments: Any) -> None:
        await asyncio.to_thread(do, self._settings, self._history.url, *arguments)
