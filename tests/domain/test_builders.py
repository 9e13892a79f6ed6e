"""Every message has one example, so that nobody has to make one up."""

import pytest

from domain.decide import COMMANDS
from domain.topics import CLASS_OF_TOPIC
from tests.domain.builders import examples_of


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_has_an_example(command: type) -> None:
    assert {type(example) for example in examples_of(command)} == {command}


@pytest.mark.parametrize("event", CLASS_OF_TOPIC.values(), ids=CLASS_OF_TOPIC)
def test_every_event_has_an_example(event: type) -> None:
    assert {type(example) for example in examples_of(event)} == {event}
