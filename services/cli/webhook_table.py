"""Endpoints as the command line shows them."""

from services.cli.tables import table
from services.read_models.webhook_status import WebhookLine


def draw_webhooks(lines: list[WebhookLine]) -> None:
    """Print a table of endpoints."""
    table(
        "" if lines else "There are no endpoints.",
        ("webhook", ("position", "right"), ("lag", "right"), "doing", ("parked", "right"), "trouble"),
        (
            (
                line.name, f"{line.position:,}", f"{line.lag_events:,}",
                "stalled" if line.stalled else line.doing, line.parked_keys, line.trouble or "",
            )
            for line in lines
        ),
    )  # fmt: skip
