"""What a fault is, and what it works on."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TypeVar

from tests.chaos.rounds.house import House

One = TypeVar("One")


@dataclass
class Scene:
    """A round under way. `problems` are what must not be, `missed` are faults that found nothing to break."""

    house: House
    problems: list[str] = field(default_factory=list[str])
    missed: list[str] = field(default_factory=list[str])
    #: Bytes of the messages that were planted on the stream.
    planted: list[bytes] = field(default_factory=list[bytes])


#: Entered when the fault begins, left when it ends. The number from 0 to 1 chooses the target.
Make = Callable[[Scene, float], AbstractContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """`lasts`: the shortest and the longest duration in seconds."""

    make: Make
    weight: float = 1.0
    lasts: tuple[float, float] = (0.3, 3.0)


def chosen(among: Sequence[One], target: float) -> One:
    """The one that a number from 0 to 1 stands for."""
    return among[min(int(target * len(among)), len(among) - 1)]
