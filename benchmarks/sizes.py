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
    #: Sales of a lone till for each pause.
    lone_sales: int = 60
    #: A house has run for so long before a lone till is timed.
    lone_warm_seconds: float = 18
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
    #: Customers of the house in which somebody is looked up, and how often in each way.
    lookup_customers: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    lookup_requests: int = 300
    #: Lengths of the histories that commands are given on.
    stream_events: tuple[int, ...] = (10, 1_000, 100_000)
    rebuild_long_events: tuple[int, ...] = (10_000, 100_000, 1_000_000, 10_000_000)
    #: Events of the houses in which the same work is done; commits of each kind and requests of a turn, and
    #: for how long sales are watched beside a checkpoint.
    growth_events: tuple[int, ...] = (100_000, 1_000_000)
    growth_sales: int = 100
    growth_reads: int = 30
    growth_stall_seconds: float = 20


FULL: Final = Sizes()
