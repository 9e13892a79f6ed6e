"""Clients of the API that take its sockets and say nothing, or say half of something."""

import socket
import time
from collections.abc import Generator
from contextlib import contextmanager

from tests.chaos.rounds.faults.scene import Fault, Scene, chosen
from tests.chaos.rounds.house import answers
from tests.chaos.rounds.pace import pace

SILENT, HALF_BODIES = 1_000, 520
#: After so many refusals in a row there are no more connections to be had.
REFUSED_MAX = 10
#: Within so long the API has to answer somebody else, whoever sits on its sockets.
HEALTH_SECONDS = 15.0
HALF = (
    b"POST /v1/commands/add-note HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: half-%d\r\n"
    b'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"customer_id":'
)


@contextmanager
def silent_connections(scene: Scene, target: float) -> Generator[None]:
    """Connections that never send anything."""
    yield from _exhausted(scene, target, SILENT, half=False)


@contextmanager
def half_bodies(scene: Scene, target: float) -> Generator[None]:
    """Requests whose bodies never end."""
    yield from _exhausted(scene, target, HALF_BODIES, half=True)


def _exhausted(scene: Scene, target: float, count: int, *, half: bool) -> Generator[None]:
    port = chosen(list(scene.house.api_ports.values()), target)
    taken: list[socket.socket] = []
    try:
        refused = 0
        while len(taken) < count and refused < REFUSED_MAX:
            try:
                taken.append(socket.create_connection(("127.0.0.1", port), timeout=0.5))
                if half:
                    taken[-1].sendall(HALF % len(taken))
                refused = 0
            except OSError:
                refused += 1
        deadline = time.monotonic() + HEALTH_SECONDS * pace()
        while not answers(port):
            if time.monotonic() > deadline:
                what = "requests with half a body" if half else "silent connections"
                scene.problems.append(f"/healthz did not answer beside {len(taken)} {what}")
                break
            time.sleep(0.2)
        yield
    finally:
        for one in taken:
            one.close()


SOCKET_FAULTS = {
    "silent_connections": Fault(silent_connections, 1, (0.5, 3.0)),
    "half_bodies": Fault(half_bodies, 2, (0.5, 3.0)),
}
