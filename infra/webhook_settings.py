"""The settings of webhooks, a part of `infra.settings`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from infra.setting_rules import between


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    """How events are sent to the endpoints of others."""

    webhooks_private_addresses: Literal["refused", "allowed"] = "refused"
    """Whether webhooks may go to this machine and to private networks, and over http. `refused`: only over
    https, and only to addresses that everybody reaches."""
    webhooks_request_seconds: Annotated[float, between(0.1, 120)] = 15
    """Longest wait for an endpoint to answer; what takes longer counts as not taken."""
    webhooks_side_by_side: Annotated[int, between(1, 64, "requests")] = 8
    """Requests to one endpoint at the same moment, each of another partition."""
    webhooks_tries_max: Annotated[int, between(1, 100, "tries")] = 8
    """After so many tries an event is parked, if the endpoint takes others."""
    webhooks_retry_seconds_max: Annotated[float, between(0.1, 86_400)] = 300
    """Longest pause between two tries, also where an endpoint asks for a longer one; the first is a second,
    each further one twice as long."""
    webhooks_disabled_days: Annotated[float, between(0.001, 365, "days")] = 5
    """An endpoint that has taken nothing for so long is disabled."""
    webhooks_poll_seconds: Annotated[float, between(0.05, 1)] = 1
    """How often it is looked for endpoints that were changed, and for new events when nothing wakes the
    service."""
    webhooks_stalled_seconds: Annotated[float, between(1, 3_600)] = 60
    """An endpoint that is behind and has taken nothing for so long is reported as stalled."""
    webhooks_metrics_port: Annotated[int, between(0, 65_535, "port")] = 7999
    """Port on 127.0.0.1 where the webhooks serve their metrics to Prometheus; 0 is off. One that is taken is
    said in the log and costs the metrics alone."""
