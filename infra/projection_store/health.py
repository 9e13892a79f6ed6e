"""How relay, projector, reactions and webhooks are, out of what the catalog says and what they said last.

A service that stops in good order removes its heartbeat: it is `stopped`. One without a recent heartbeat
hangs or was killed: it is `silent`, and that counts as stalled.
"""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from infra.projection_store.catalog import GenerationStatus
from infra.projection_store.heartbeats import Heartbeat

SERVICES: Final = ("relay", "projector", "reactions", "webhooks")
STOPPED: Final = "stopped"
SILENT: Final = "silent"
SILENT_SECONDS_MIN: Final = 10.0
BEATS_MISSED_MAX: Final = 3


class ProjectionLine(msgspec.Struct, frozen=True, kw_only=True):
    """How one projection stands.

    `doing`, `trouble` and `last_error` are what the projector said last; see also STOPPED and SILENT.

    `lag_seconds`: for how long the oldest event that is not folded has been known. `differing_keys`: how many
    keys are known whose rows are not what the log says. `other_history`: the tables hold events that the log
    lost when it was set back.
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
        """Whether nobody has to look at it.

        A pause was somebody's decision, as long as nothing is missed by it.
        """
        wrong = self.stalled or self.parked_keys or self.differing_keys or self.trouble or self.other_history
        return not wrong and self.doing != STOPPED and not (self.paused and self.lag_events)


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`healthy` is false when anything is stalled, silent, stopped, in trouble, paused and behind, or has
    parked or differing keys.

    `relay` is its last status, with `doing` and `stalled`; None when it does not run. `silent` are the
    services that hang or were killed.
    """

    healthy: bool
    log_position: int
    relay: dict[str, Any] | None
    silent: list[str]
    projections: list[ProjectionLine]


class LastStatus(msgspec.Struct, frozen=True):
    """What a service said last, and for how long it has said nothing (seconds)."""

    status: dict[str, Any]
    age_seconds: float
    silent: bool


def health_of(
    names: Sequence[str],
    generation_statuses: Iterable[GenerationStatus],
    heartbeats: Iterable[Heartbeat],
    *,
    log_position: int,
    now: datetime.datetime,
    heartbeat_seconds: float,
) -> Health:
    """How these projections and the services stand."""
    serving = {one.name: one for one in generation_statuses if one.status == "active"}
    beats = list(heartbeats)
    lines = [
        _line(
            name,
            serving.get(name),
            status_of_projection(name, beats, now, heartbeat_seconds),
            log_position,
            now,
        )
        for name in names
    ]
    last = {name: service_status(name, beats, now, heartbeat_seconds) for name in SERVICES}
    relay = last["relay"]
    runs = relay is not None and all(line.well for line in lines)
    return Health(
        healthy=(runs or not log_position) and not any(one and one.get("stalled") for one in last.values()),
        log_position=log_position,
        relay=relay,
        silent=[name for name, one in last.items() if one is not None and one.get("doing") == SILENT],
        projections=lines,
    )


def fresh_statuses(
    service: str, beats: Iterable[Heartbeat], now: datetime.datetime, heartbeat_seconds: float
) -> list[dict[str, Any]]:
    """What each process of a service said last, of those that have not fallen silent."""
    found = [
        _last_status(beat.status, beat, now, heartbeat_seconds) for beat in beats if beat.service == service
    ]
    return [last.status for last in found if not last.silent]


def service_status(
    service: str, beats: Iterable[Heartbeat], now: datetime.datetime, heartbeat_seconds: float
) -> dict[str, Any] | None:
    """The newest status of a service, `doing` silent and `stalled` when they are old;

    None when it does not run.
    """
    newest = max((beat for beat in beats if beat.service == service), key=lambda beat: beat.at, default=None)
    if newest is None:
        return None
    last = _last_status(newest.status, newest, now, heartbeat_seconds)
    if not last.silent:
        return last.status
    return {**last.status, "doing": SILENT, "stalled": True, "silent_seconds": round(last.age_seconds, 1)}


def status_of_projection(
    projection: str, beats: Iterable[Heartbeat], now: datetime.datetime, heartbeat_seconds: float
) -> LastStatus | None:
    """The newest status of a projection, whichever of the projector's processes said it."""
    found = [
        _last_status(health, beat, now, heartbeat_seconds)
        for beat in beats
        if beat.service == "projector"
        for health in beat.status.get("projections", ())
        if health["projection"] == projection
    ]
    return min(found, key=lambda last: last.age_seconds, default=None)


def _last_status(
    status: dict[str, Any], beat: Heartbeat, now: datetime.datetime, heartbeat_seconds: float
) -> LastStatus:
    age_seconds = (now - beat.at).total_seconds()
    return LastStatus(status, age_seconds, age_seconds > silent_after(heartbeat_seconds))


def silent_after(heartbeat_seconds: float) -> float:
    """For so long a service that is alive may say nothing."""
    return max(SILENT_SECONDS_MIN, BEATS_MISSED_MAX * heartbeat_seconds)


def _line(
    name: str,
    standing: GenerationStatus | None,
    last: LastStatus | None,
    log_position: int,
    now: datetime.datetime,
) -> ProjectionLine:
    said = {} if last is None else last.status
    silent = last is not None and last.silent
    position = standing.position if standing else 0
    lag_events = max(0, log_position - position)
    moved_at = (standing.moved_at or standing.made_at) if standing else None
    lag_seconds = 0.0
    if lag_events:
        lag_seconds = float(said.get("lag_seconds", 0.0)) + (last.age_seconds if last and silent else 0.0)
        if not last and moved_at is not None:
            lag_seconds = (now - moved_at).total_seconds()
    # Tables are never ahead of the log, unless it was set back and nobody has looked at them since.
    other_history = standing is not None and (standing.other_history or position > log_position)
    trouble = f"the projector has said nothing for {last.age_seconds:.0f} s" if last and silent else None
    if other_history:
        trouble = "it holds events that the log lost when it was set back: rebuild it"
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


def _difference(standing: GenerationStatus) -> str:
    keys, name, key = standing.differing_keys, standing.name, standing.first_difference
    rebuild = f"clienteling projections rebuild {name}"
    if keys == 1:
        return (
            f"{key} is not what the log says ({standing.difference}): `{rebuild} --key {key}` makes it anew"
        )
    return (
        f"{keys} keys are not what the log says, first {key} ({standing.difference}): `{rebuild}` makes all "
        "rows anew, "
        "with `--key` and a key one of them"
    )
