"""Slow reads are done in a process of their own, which is started anew when it ends."""

import asyncio
import os
import signal

import pytest

from infra.clock import FixedClock
from services.api.http.application import Api
from services.api.http.problems import Problem
from services.api.reading_state import ReadingState
from tests.services.api.conftest import NOON

pytestmark = pytest.mark.asyncio(loop_scope="module")

START_SECONDS_MAX = 60


async def process_and_time(state: ReadingState) -> tuple[int, str]:
    """A read: where it runs, what its tables say, and what time it is there."""
    await state.tables.end_of_log()
    return os.getpid(), state.clock.now().isoformat()


async def refused(state: ReadingState) -> None:
    """A read that raises a problem."""
    raise Problem(409, "cursor_outdated", "Begin anew.", field="cursor", headers={"Retry-After": "1"})


async def elsewhere(api: Api) -> int:
    """The process that reads, as soon as there is one."""
    for _ in range(START_SECONDS_MAX * 20):
        process, _time = await api.app.beside.run(process_and_time, api.app)
        if process != os.getpid():
            return process
        await asyncio.sleep(0.05)
    raise TimeoutError("the process beside did not start")


async def test_slow_reads_run_in_another_process_at_the_time_of_this_one(api: Api, clock: FixedClock) -> None:
    await elsewhere(api)
    clock.set(NOON.replace(hour=15))
    _, time = await api.app.beside.run(process_and_time, api.app)
    clock.set(NOON)
    assert time == "2026-03-02T15:00:00+00:00"


async def test_a_problem_is_raised_as_it_was_raised_there(api: Api) -> None:
    await elsewhere(api)
    with pytest.raises(Problem) as raised:
        await api.app.beside.run(refused, api.app)
    problem = raised.value
    assert (problem.status, problem.code, problem.headers) == (409, "cursor_outdated", {"Retry-After": "1"})
    assert problem.errors[0].field == "cursor"


async def test_a_process_that_was_killed_is_started_again_and_nobody_notices(api: Api) -> None:
    first = await elsewhere(api)
    os.kill(first, signal.SIGKILL)
    assert (await api.app.beside.run(process_and_time, api.app))[1] == NOON.isoformat()
    assert await elsewhere(api) != first
