"""NATS and PostgreSQL killed, hung, wiped, set back, moved; their disk full."""

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress

from tests.chaos.rounds.faults.scene import Fault, Scene


@contextmanager
def nats_killed(scene: Scene, _: float) -> Generator[None]:
    """NATS is killed; whoever uses it starts it again."""
    scene.house.servers.kill_nats()
    yield


@contextmanager
def nats_wiped(scene: Scene, _: float) -> Generator[None]:
    """NATS loses its disk."""
    scene.house.servers.wipe_nats()
    yield


@contextmanager
def nats_set_back(scene: Scene, _: float) -> Generator[None]:
    """NATS comes back with what it stored some seconds ago."""
    try:
        scene.house.servers.copy_nats()
    except OSError as error:
        # The same round may fill the disk.
        scene.missed.append(str(error))
    yield
    scene.house.servers.put_nats_back()


@contextmanager
def nats_moved(scene: Scene, _: float) -> Generator[None]:
    """NATS comes back on another port."""
    scene.house.servers.move_nats()
    yield


@contextmanager
def nats_hung(scene: Scene, _: float) -> Generator[None]:
    """NATS accepts connections and says nothing."""
    scene.house.servers.freeze_nats()
    yield
    scene.house.servers.thaw()


@contextmanager
def postgres_killed(scene: Scene, target: float) -> Generator[None]:
    """The postmaster, or all of PostgreSQL, is killed; it recovers from its write-ahead log."""
    scene.house.servers.kill_postgres(whole=target < 0.5)
    yield


@contextmanager
def postgres_hung(scene: Scene, _: float) -> Generator[None]:
    """PostgreSQL accepts connections and says nothing."""
    scene.house.servers.freeze_postgres()
    yield
    scene.house.servers.thaw()


@contextmanager
def disk_full(scene: Scene, _: float) -> Generator[None]:
    """Not one more byte fits on the disk of log, stream and tables."""
    filler = scene.house.folder / "filler"
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        piece = bytes(1 << 20)
        while piece:
            try:
                os.write(descriptor, piece)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                piece = piece[: len(piece) // 16]
        yield
    finally:
        os.close(descriptor)
        with suppress(FileNotFoundError):
            filler.unlink()


SERVER_FAULTS = {
    "nats_killed": Fault(nats_killed, 3),
    "nats_wiped": Fault(nats_wiped, 3),
    "nats_set_back": Fault(nats_set_back, 3, (0.5, 3.0)),
    "nats_moved": Fault(nats_moved, 2),
    "nats_hung": Fault(nats_hung, 3, (1.0, 8.0)),
    "postgres_killed": Fault(postgres_killed, 3),
    "postgres_hung": Fault(postgres_hung, 2, (1.0, 8.0)),
    "disk_full": Fault(disk_full, 4, (1.0, 4.0)),
}
