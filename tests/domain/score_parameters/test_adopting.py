"""Other numbers are adopted for the score: version by version, never before one that is in force."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from domain.messages import UnknownEvent
from domain.score_parameters.commands import AdoptScoreParameters, ScoreParameters
from domain.score_parameters.events import FrozenScoreParameters, ScoreParametersAdopted, frozen
from domain.score_parameters.state import evolve
from tests.domain.builders import people_events as events
from tests.domain.builders.people_commands import WEEKLY, adopt_score_parameters
from tests.domain.builders.people_events import score_parameters_adopted
from tests.domain.given import NOW, given

MARCH = datetime(2024, 3, 1, 8, 0, tzinfo=UTC)


def adopt(**changes: Any) -> AdoptScoreParameters:
    return adopt_score_parameters(**{"occurred_at": MARCH, **changes})


def adopted(**changes: Any) -> ScoreParametersAdopted:
    return score_parameters_adopted(**{"occurred_at": MARCH, **changes})


def test_the_first_that_are_adopted_are_the_second_version() -> None:
    assert given().when(adopt()) == [adopted()]


def test_versions_are_counted() -> None:
    later = MARCH + timedelta(days=30)
    others = replace(WEEKLY, leaving_e3=90)
    [event] = given(adopted()).when(adopt(parameters=others, occurred_at=later))
    assert event == adopted(version=3, parameters=frozen(others), occurred_at=later)


def test_without_a_time_they_hold_from_the_moment_of_handling() -> None:
    [event] = given().when(adopt(occurred_at=None))
    assert event.occurred_at == NOW


def test_what_is_in_force_is_not_adopted_again() -> None:
    assert given(adopted()).when(adopt(occurred_at=MARCH + timedelta(days=1), reason="once more")) == []
    assert given().when(adopt(parameters=ScoreParameters())) == []


def test_the_first_version_can_be_gone_back_to() -> None:
    [event] = given(adopted()).when(adopt(parameters=ScoreParameters()))
    assert (event.version, event.parameters) == (3, frozen(ScoreParameters()))


def test_no_version_begins_before_the_one_it_follows() -> None:
    too_early = adopt(parameters=ScoreParameters(), occurred_at=MARCH - timedelta(seconds=1))
    refusal = given(adopted()).refuses(too_early)
    assert (refusal.code, refusal.field) == ("before_the_latest_version", "occurred_at")


def test_components_cannot_give_more_than_a_thousand_points() -> None:
    refusal = given().refuses(adopt(parameters=ScoreParameters(frequency_points_max=341)))
    assert (refusal.code, refusal.field) == ("points_exceed_a_thousand", "parameters")
    assert "1001" in refusal.message


def test_every_number_is_written_in_the_event_whatever_the_defaults_are() -> None:
    [event] = given().when(adopt())
    written = msgspec.json.decode(msgspec.json.encode(event))["parameters"]
    assert set(written) == set(FrozenScoreParameters.__struct_fields__)


@pytest.mark.parametrize(
    "numbers",
    [
        '{"rhythm_hours": 0}',
        '{"rhythm_hours": 1e30}',
        '{"recency_doublings": 17}',
        '{"relationship_points_max": 151}',
        '{"typical_visit_minor": {"euro": 5}}',
        '{"typical_visit_minor": {"EUR": 0}}',
        '{"rythm_hours": 5}',
    ],
)
def test_numbers_out_of_their_bounds_are_no_command(numbers: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(f'{{"parameters": {numbers}}}', type=AdoptScoreParameters)


def test_their_history_takes_in_nothing_else() -> None:
    with pytest.raises(UnknownEvent):
        evolve(None, events.customer_registered())
