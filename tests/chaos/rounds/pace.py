"""How much slower everything goes because the machine is busy with other things: deadlines are stretched by
that.
"""

import time

WORK_SECONDS = 0.1
#: Nothing is excused by more than this.
PACE_MAX = 10.0


def pace() -> float:
    """Seconds that pass while this thread gets one second of a processor; 1.0 on a machine that has nothing
    else to do.
    """
    began, worked = time.perf_counter(), time.thread_time()
    while time.thread_time() - worked < WORK_SECONDS:
        pass
    return min(max(1.0, (time.perf_counter() - began) / WORK_SECONDS), PACE_MAX)
