"""A poison event: one that a fold cannot take in."""

from projections.registry import BY_NAME


class PoisonEvent(Exception):
    """An event that cannot be folded and is not left out; a rebuild stops instead of skipping it."""

    def __init__(self, projection: str, key: str, position: int, reason: str) -> None:
        # All arguments, so that the exception can be carried from one process to another.
        super().__init__(projection, key, position, reason)
        self.projection, self.key, self.position, self.reason = projection, key, position, reason

    def __str__(self) -> str:
        out = f"log {self.position}"
        if self.projection in BY_NAME:
            out = f"{self.projection} {self.key} --position {self.position}"
        return (
            f"{self.projection} cannot take in the event at position {self.position} (key {self.key}): "
            f"{self.reason}. Mend the code, or leave it out: `clienteling dead-letters discard {out}`"
        )
