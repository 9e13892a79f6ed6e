"""Every message has one example, so that nobody has to make one up."""

import re
from types import ModuleType

import pytest

from domain.decide import COMMANDS
from domain.topics import CLASS_OF_TOPIC
from tests.domain.builders import money_commands, money_events, people_commands, people_events


def example_of(message: type, modules: tuple[ModuleType, ...]) -> object:
    builder = re.sub(r"(?<!^)(?=[A-Z])", "_", message.__name__).lower()
    made = [getattr(module, builder)() for module in modules if hasattr(module, builder)]
    assert len(made) == 1, f"{message.__name__} has {len(made)} examples called {builder}"
    return made[0][0] if isinstance(made[0], tuple) else made[0]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_has_an_example(command: type) -> None:
    assert type(example_of(command, (money_commands, people_commands))) is command


@pytest.mark.parametrize("event", CLASS_OF_TOPIC.values(), ids=CLASS_OF_TOPIC)
def test_every_event_has_an_example(event: type) -> None:
    assert type(example_of(event, (money_events, people_events))) is event
