"""Standards of service measure and never punish: no rule of pay reads them."""

from pathlib import Path

import pytest

import domain
from tests.domain.builders.standards import define_service_standard
from tests.domain.given import given

DOMAIN = Path(domain.__file__ or "").parent
PAY = ("associate", "commission_account", "pay_period", "return_", "sale")


@pytest.mark.parametrize("room", PAY)
def test_no_room_of_pay_asks_for_the_standards(room: str) -> None:
    """The state reader would give them to any decision; the imports are the linter's."""
    named = [path.name for path in (DOMAIN / room).glob("*.py") if "service_standard" in path.read_text()]
    assert named == []


def test_defining_a_standard_writes_to_no_account() -> None:
    events = given().when(define_service_standard())
    assert [event.stream_id[:3] for event in events] == ["std"]
