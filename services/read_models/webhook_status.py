"""Status of webhooks: how each endpoint stands, by what is kept of it and by what the service last said."""

import datetime
from typing import Any

import msgspec

from infra.webhook_store.endpoints import Endpoint, endpoints_of


class WebhookLine(msgspec.Struct, frozen=True, kw_only=True):
    """How one endpoint stands. `doing`: following, retrying, starting, paused, disabled, or stopped where no
    service runs. `lag_events`: positions to the end of the log. `trouble`: why it is disabled, or what was
    answered last where it was not taken. `failing_since`: since when nothing was taken.
    """

    name: str
    url: str
    types: list[str]
    partitions: list[int]
    position: int
    lag_events: int
    doing: str
    stalled: bool
    parked_keys: int
    failing_since: datetime.datetime | None
    trouble: str | None

    @property
    def well(self) -> bool:
        """Whether nobody has to look at it."""
        cut_off = self.doing in ("stopped", "disabled") or (self.doing == "paused" and self.lag_events)
        return not (self.stalled or self.parked_keys or cut_off)


def webhook_lines(connection: Any, beats: list[dict[str, Any]], log_position: int) -> list[WebhookLine]:
    """A line for each endpoint. `beats`: what the running services last said."""
    said = {health["endpoint"]: health for beat in beats for health in beat["webhooks"]}
    return [_line(one, said.get(one.name), bool(beats), log_position) for one in endpoints_of(connection)]


def _line(one: Endpoint, said: dict[str, Any] | None, runs: bool, log_position: int) -> WebhookLine:
    doing = "disabled" if one.disabled else "paused" if one.paused else "starting" if runs else "stopped"
    if said is not None and doing == "starting":
        doing = said["doing"]
    sends = doing not in ("disabled", "paused", "stopped")
    return WebhookLine(
        name=one.name,
        url=one.url,
        types=one.types,
        partitions=one.partitions,
        position=one.position,
        lag_events=max(0, log_position - one.position),
        doing=doing,
        stalled=sends and said is not None and bool(said["stalled"]),
        parked_keys=one.parked_keys,
        failing_since=one.failing_since,
        trouble=one.disabled or (said or {}).get("last_error") or one.last_error,
    )
