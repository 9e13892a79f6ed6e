"""Services killed, frozen, stopped, restarted and doubled."""

from collections.abc import Generator
from contextlib import contextmanager

from tests.chaos.rounds.faults.scene import Fault, Scene, chosen
from tests.chaos.rounds.house import KINDS
from tests.chaos.rounds.service_process import ServiceProcess


def _service(scene: Scene, target: float) -> ServiceProcess:
    return chosen(list(scene.house.services.values()), target)


@contextmanager
def killed(scene: Scene, target: float) -> Generator[None]:
    """A service is killed, and started again when the fault ends."""
    service = _service(scene, target)
    service.kill()
    yield
    service.start()


@contextmanager
def all_killed(scene: Scene, target: float) -> Generator[None]:
    """Every process of one kind is killed at once."""
    kind = chosen(KINDS, target)
    services = [service for service in scene.house.services.values() if service.kind == kind]
    for service in services:
        service.kill()
    yield
    for service in services:
        service.start()


@contextmanager
def frozen(scene: Scene, target: float) -> Generator[None]:
    """A service hangs, and goes on as if nothing had been."""
    service = _service(scene, target)
    service.freeze()
    yield
    service.thaw()


@contextmanager
def frozen_and_killed(scene: Scene, target: float) -> Generator[None]:
    """A service hangs and is killed where it stands."""
    service = _service(scene, target)
    service.freeze()
    yield
    service.kill()
    service.start()


@contextmanager
def stopped(scene: Scene, target: float) -> Generator[None]:
    """A service is stopped in good order, and started again when the fault ends."""
    service = _service(scene, target)
    wrong = service.stop()
    if wrong is not None:
        scene.problems.append(wrong)
    yield
    service.start()


@contextmanager
def doubled(scene: Scene, target: float) -> Generator[None]:
    """One more process of a kind works for a while, and is killed or stopped."""
    double = scene.house.double(chosen(KINDS, target))
    double.start()
    try:
        yield
    finally:
        if target * len(KINDS) % 1 >= 0.5:
            double.kill()
        elif (wrong := double.stop()) is not None:
            scene.problems.append(wrong)
        double.kill()


SERVICE_FAULTS = {
    "service_killed": Fault(killed, 6, (0.0, 2.0)),
    "services_killed": Fault(all_killed, 2, (0.0, 2.0)),
    "service_frozen": Fault(frozen, 5, (0.5, 5.0)),
    "service_frozen_and_killed": Fault(frozen_and_killed, 2, (0.5, 3.0)),
    "service_stopped": Fault(stopped, 3, (0.0, 2.0)),
    "service_doubled": Fault(doubled, 3, (2.0, 5.0)),
}
