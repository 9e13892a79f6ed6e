"""What follows from each command of this room, or why it is refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.messages import Command, Event
from domain.world import World

DECISIONS: dict[type[Command], Callable[[Any, World, datetime], list[Event]]] = {}
