"""Dead letters as the command line shows them: what waits, and what was discarded."""

from collections.abc import Sequence

from infra.dead_letters import DeadLetter
from services.cli.tables import table


def draw_letters(letters: Sequence[DeadLetter]) -> None:
    """Print a table of them."""
    table(
        "" if letters else "Nothing waits.",
        ("projection", "key", ("position", "right"), "topic", ("events", "right"), "reason"),
        (
            (
                one.projection, one.key, one.position, one.topic, one.events,
                f"left out: {one.reason}" if one.left_out else one.reason,
            )
            for one in letters
        ),
    )  # fmt: skip
