"""Example builders: one command or event of each class, of which a test changes only what it is about."""

import re
from importlib import import_module
from typing import Any

MODULES = ("money_commands", "people_commands", "money_events", "people_events", "questions", "standards")


def examples_of(message: type) -> tuple[Any, ...]:
    """The example of a class of commands or events; some decisions write two events of a class."""
    builder = re.sub(r"(?<!^)(?=[A-Z])", "_", message.__name__).lower()
    modules = [import_module(f"{__name__}.{name}") for name in MODULES]
    made = [getattr(module, builder)() for module in modules if hasattr(module, builder)]
    assert len(made) == 1, f"{message.__name__} has {len(made)} examples called {builder}"
    return made[0] if isinstance(made[0], tuple) else (made[0],)
