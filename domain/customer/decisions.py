"""What follows from each command, or why it is refused."""

from collections.abc import Callable
from typing import Any

from domain.messages import Command

DECISIONS: dict[type[Command], Callable[..., Any]] = {}
