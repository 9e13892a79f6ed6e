"""How much each benchmark does: as much as its figures need, or less for the tests that run them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Events, customers, turns and seconds; the figures of two runs compare only when these are the same."""

    #: How often a figure and its floor are taken in turn; the middle counts. A disk gives from 160 to 560
    #: commits a second within an hour, and a virtual machine may be a fifth slower than in the next four
    #: seconds.
    turns: int = 5
    #: How long a server is asked for one rate, and sent commands for one median.
    load_seconds: float = 1.5
    command_seconds: float = 1.5
    import_file: Path = (
        Path(__file__).parents[2] / "shared" / "data" / "online-retail" / "online_retail.csv.gz"
    )
    imported_one_by_one: int = 800
    relay_events: int = 100_000
    projector_events: int = 50_000
    #: Customers of the season whose largest book's page is read.
    season_customers: int = 540
    #: A book of so many, made of so many that were played: some have no name, and some no owner.
    book_customers: int = 600
    customers_played: int = 900
    rebuild_events: int = 1_000_000
    rebuild_memory_mb: int = 256
    stock_seconds: float = 20
    rebuild_long_events: tuple[int, ...] = (10_000, 100_000, 1_000_000, 10_000_000)


FULL: Final = Sizes()
