"""The demo, as `make demo` runs it: the whole season, what came of it, and the same again when it is run
again.
"""

import re

import psycopg
import pytest

from infra.embedded import ensure_servers
from infra.settings import Settings
from services.reactions.registry import ALL
from tests.e2e.house import House


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_demo_shows_what_follows_and_shows_it_again(house: House) -> None:
    told = house.said("demo", "--exit").decode()
    in_one_line = " ".join(told.split())
    for story in (
        r"Fulfilled wishes in .+'s book: [1-9]\d*, [1-9]\d* or more after a contact",
        r"left on \d{4}-\d\d-\d\d; 0 customers are without an owner",
        r"A deficit, carried: goods came back while .+ was away",
        r"to associates none; the customer has bought since: [1-9]",
        r"thanked for [1-9]\d* of [1-9]\d* purchases in time",
        r"Of [1-9]\d* customers who bought in \d{4}-Q\d, [1-9]\d* came back",
    ):
        assert re.search(story, in_one_line), story
    with (
        ensure_servers(Settings(data_dir=house.folder)) as servers,
        psycopg.connect(servers.database_url) as c,
    ):
        [(end,)] = c.execute("SELECT max(notification_id) FROM stored_events").fetchall()
        reached = dict(c.execute("SELECT name, position FROM reactions.positions").fetchall())
        kept = c.execute("SELECT * FROM reactions.kept_aside").fetchall()
        paused = c.execute("SELECT paused FROM projections.switches WHERE name = 'reactions'").fetchall()
    # What followed in the season was played; the reactions go on behind it.
    assert 18_000 < end < 27_000
    assert reached == {reaction.name: end for reaction in ALL}
    assert (kept, paused) == ([], [(False,)])
    assert house.said("demo", "--exit").decode() == told
