"""What reactions are called, and what dead letters of theirs are kept under."""

from typing import Final

from infra.messaging.subjects import STOCK_ARRIVALS

WISHES: Final = "wishes"
PAY_RUNS: Final = "pay_runs"
HAND_OVERS: Final = "hand_overs"
#: Those that follow the log.
LOG_REACTIONS: Final = (WISHES, PAY_RUNS, HAND_OVERS)
#: What the inventory service tells.
INVENTORY: Final = "inventory"
#: By reaction.
SOURCE_OF: Final = {STOCK_ARRIVALS: INVENTORY, **{name: name for name in LOG_REACTIONS}}
