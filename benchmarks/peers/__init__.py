"""Other event stores race beside ours. They are installed below .tools, never with the product."""

from benchmarks.peers.race import measure

__all__ = ["measure"]
