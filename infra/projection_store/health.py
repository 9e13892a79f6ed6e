"""How relay, projector and reactions are, out of what the catalog says and what they said last themselves.

A service that stops in good order takes its words back: it is `stopped`. One whose last words are old hangs or was killed: it is
`silent`, and that counts as stalled.
"""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from infra.projection_store.catalog import Standing
from infra.projection_store.heartbeats import Heartbeat

SERVICES: Final = ("relay", "projector", "reactions")
STOPPED: Final = "stopped"
SILENT: Final = "silent"
SILENT_SECONDS_MIN: Final = 10.0
BEATS_MISSED_MAX: Final = 3


class ProjectionLine(msgspec.Struct, frozen=True, kw_only=True):
    """How one projection stands. `doing`, `trouble` and `last_error` are the projector's words; see also STOPPED and SILENT.

    `lag_seconds`: for how long the oldest fact that is not folded has been known. `differing_keys`: how many keys are known
    whose rows are not what the log says. `other_history`: the tables hold facts that the log lost when it was set back.
    """

    name: str
    generation: int
    position: int
    lag_events: int
    lag_seconds: float
    events_per_second: float
    doing: str
    stalled: bool
    paused: bool
    parked_keys: int
    differing_keys: int
    left_out: int
    other_history: bool
    trouble: str | None
    last_error: str | None

    @property
    def well(self) -> bool:
        """Whether nobody has to look at it. A pause was somebody's decision, as long as nothing is missed by it."""
        wrong = self.stalled or self.parked_keys or self.differing_keys or self.trouble or self.other_history
        return not wrong and self.doing != STOPPED and not (self.paused and self.lag_events)


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`healthy` is false when anything is stalled, silent, stopped, in trouble, paused and behind, or has parked or
    differing keys.

    `relay` are its own words with `doing` and `stalled`; None when it does not run. `silent` are the services that hang or were killed.
    """

    healthy: bool
    log_position: int
    relay: dict[str, Any] | None
    silent: list[str]
    projections: list[ProjectionLine]


class Words(msgspec.Struct, frozen=True):
    """What a service said last, and for how long it has said nothing (seconds)."""

    status: dict[str, Any]
    age_seconds: float
    silent: bool


def health_of(
    names: Sequence[str],
    standings: Iterable[Standing],
    heartbeats: Iterable[Heartbeat],
    *,
    log_position: int,
    now: datetime.datetime,
    heartbeat_seconds: float,
) -> Health:
    """How these projections and the services stand."""
    serving = {one.name: one for one in standings if one.status == "active"}
    beats = list(heartbeats)
    lines = [
        _line(name, serving.get(name), words_about(name, beats, now, heartbeat_seconds), log_position, now)
        for name in names
    ]
    words = {name: service_words(name, beats, now, heartbeat_seconds) for name in SERVICES}
    relay = words["relay"]
    runs = relay is not None and all(line.well for line in lines)
    return Health(
        healthy=(runs or not log_position) and not any(one and one.get("stalled") for one in words.values()),
        log_position=log_position,
        relay=relay,
        silent=[name for name, one in words.items() if one is not None and one.get("doing") == SILENT],
        projections=lines,
    )


def fresh_words(
    service: str, beats: Iterable[Heartbeat], now: datetime.datetime, heartbeat_seconds: float
) -> list[dict[str, Any]]:
    """What each process of a service said last, of those that have not fallen silent."""
    found = [_words(beat.status, beat, now, heartbeat_seconds) for beat in beats if beat.service == service]
    return [words.status for words in found if not words.silent]


def service_words(
    service: str, beats: Iterable[Heartbeat], now: datetime.datetime, heartbeat_seconds: float
) -> dict[str, Any] | None:
    """The newest words of a service, `doing` silent and `stalled` when they are old; None when it does not run."""
    newest = max((beat for beat in beats if beat.service == service), key=lambda beat: beat.at, default=None)
    if newest is None:
        return None
    words = _words(newest.status, newest, now, heartbeat_seconds)
    if not words.silent:
        return words.status
    return {**words.status, "doing": SILENT, "stalled": True, "silent_seconds": round(words.age_seconds, 1)}


def words_about(
    projection: str, beats: Iterable[Heartbeat], now: datetime.datetime, heartbeat_seconds: float
) -> Words | None:
    """The newest words about a projection, whichever of the projector's processes said them."""
    found = [
        _words(health, beat, now, heartbeat_seconds)
        for beat in beats
        if beat.service == "projector"
        for health in beat.status.get("projections", ())
        if health["projection"] == projection
    ]
    return min(found, key=lambda words: words.age_seconds, default=None)


def _words(
    status: dict[str, Any], beat: Heartbeat, now: datetime.datetime, heartbeat_seconds: float
) -> Words:
    age_seconds = (now - beat.at).total_seconds()
    return Words(status, age_seconds, age_seconds > silent_after(heartbeat_seconds))


def silent_after(heartbeat_seconds: float) -> float:
    """For so long a service that is alive may say nothing."""
    return max(SILENT_SECONDS_MIN, BEATS_MISSED_MAX * heartbeat_seconds)


def _line(
    name: str, standing: Standing | None, words: Words | None, log_position: int, now: datetime.datetime
) -> ProjectionLine:
    said = {} if words is None else words.status
    silent = words is not None and words.silent
    position = standing.position if standing else 0
    lag_events = max(0, log_position - position)
    moved_at = (standing.moved_at or standing.made_at) if standing else None
    lag_seconds = 0.0
    if lag_events:
        lag_seconds = float(said.get("lag_seconds", 0.0)) + (words.age_seconds if words and silent else 0.0)
        if not words and moved_at is not None:
            lag_seconds = (now - moved_at).total_seconds()
    # Tables are never ahead of the log, unless it was set back and nobody has looked at them since.
    other_history = standing is not None and (standing.other_history or position > log_position)
    trouble = f"the projector has said nothing for {words.age_seconds:.0f} s" if words and silent else None
    if other_history:
        trouble = "it holds facts that the log lost when it was set back: rebuild it"
    if standing is not None and standing.differing_keys and not other_history:
        trouble = "; ".join(filter(None, (trouble, _difference(standing))))
    return ProjectionLine(
        name=name,
        generation=standing.generation if standing else 0,
        position=position,
        lag_events=lag_events,
        lag_seconds=round(lag_seconds, 1),
        events_per_second=0.0 if silent else float(said.get("events_per_second", 0.0)),
        doing=SILENT if silent else str(said.get("doing", STOPPED)),
        stalled=silent or other_history or bool(said.get("stalled", False)),
        paused=standing is not None and standing.paused,
        parked_keys=standing.parked_keys if standing else 0,
        differing_keys=standing.differing_keys if standing else 0,
        left_out=standing.left_out if standing else 0,
        other_history=other_history,
        trouble=trouble or said.get("trouble"),
        last_error=said.get("last_error"),
    )


def _difference(standing: Standing) -> str:
    keys, name, key = standing.differing_keys, standing.name, standing.first_difference
    rebuild = f"clienteling projections rebuild {name}"
    if keys == 1:
        return (
            f"{key} is not what the log says ({standing.difference}): `{rebuild} --key {key}` makes it anew"
        )
    return (
        f"{keys} keys are not what the log says, first {key} ({standing.difference}): `{rebuild}` makes all rows anew, "
        "with `--key` and a key one of them"
    )
