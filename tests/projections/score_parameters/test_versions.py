"""Every version of the parameters, as a row that scores are read beside."""

from datetime import UTC, datetime

from domain.score_parameters.commands import ScoreParameters
from domain.score_parameters.events import ScoreParametersAdopted, frozen
from projections.loyalty_score.parameters import DEFAULT, in_force, parameters_at
from projections.score_parameters.fold import PROJECTION
from projections.score_parameters.queries import VERSIONS, versions_in_log, versions_of
from tests.projections.folding import columns_after, folded, state_after
from tests.projections.stored import stored

MARCH, MAY = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC)
WEEKLY, MONTHLY = ScoreParameters(rhythm_hours=168), ScoreParameters(rhythm_hours=720)


def adopted(at: datetime, version: int, parameters: ScoreParameters) -> ScoreParametersAdopted:
    return ScoreParametersAdopted(
        occurred_at=at, version=version, parameters=frozen(parameters), reason="calibrated"
    )


HISTORY = (adopted(MARCH, 2, WEEKLY), adopted(MAY, 3, MONTHLY))


def test_every_version_is_kept_with_its_place_in_the_log() -> None:
    versions = versions_of([state_after(PROJECTION, *HISTORY)])
    assert [(v.version, v.position, v.since, v.reason) for v in versions] == [
        (2, 1, MARCH, "calibrated"),
        (3, 2, MAY, "calibrated"),
    ]
    assert columns_after(PROJECTION, *HISTORY) == {"version": 3}


def test_the_log_itself_tells_the_same_as_the_row() -> None:
    history = [*enumerate(HISTORY, start=1), (3, None)]
    assert versions_in_log(history) == versions_of([state_after(PROJECTION, *HISTORY)])
    assert versions_in_log(history[:1]) == versions_of([state_after(PROJECTION, *HISTORY[:1])])
    assert versions_in_log([]) == versions_of([]) == []


def test_each_holds_from_its_day_on_and_the_default_before() -> None:
    versions = versions_of([state_after(PROJECTION, *HISTORY)])
    at = parameters_at([in_force(v.version, v.since, v.parameters) for v in versions])
    march, may = int(MARCH.timestamp()), int(MAY.timestamp())
    assert at(march - 1) is DEFAULT
    assert [(at(s).version, at(s).rhythm_hours) for s in (march, may - 1, may)] == [
        (2, 168),
        (2, 168),
        (3, 720),
    ]


def test_the_row_is_found_on_a_real_table(database_url: str) -> None:
    with stored(database_url, folded(PROJECTION, *HISTORY)) as connection:
        ((_, position, state),) = connection.execute(VERSIONS.encode()).fetchall()
    assert position == 2
    assert PROJECTION.decode(state) == state_after(PROJECTION, *HISTORY)
