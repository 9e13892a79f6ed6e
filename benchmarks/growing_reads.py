"""What is read in a turn of `growth`: one request after another, in all houses in turn."""

import http.client
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median
from typing import Any, Final
from urllib.parse import quote

import msgspec

from benchmarks.growing_work import timed
from benchmarks.grown_house import House
from benchmarks.history import LAST_DAY
from benchmarks.sales import SERVER
from benchmarks.server import server

START: Final = "start of the API"
#: What is read: at least one page of every projection, of today and as of the past.
READS: Final = {
    "book": "/v1/associates/{associate}/book",
    "search in a book": "/v1/associates/{associate}/book?q={word}",
    "today": "/v1/associates/{associate}/book/today",
    "card of a customer": "/v1/associates/{associate}/book/{customer}",
    "score": "/v1/customers/{customer}/score",
    "look-up": "/v1/customers?q={word}",
    "ledger": "/v1/associates/{associate}/ledger",
    "statements": "/v1/associates/{associate}/statements",
    "associate": "/v1/associates/{associate}",
    "associates": "/v1/associates?limit=50",
    "heroic acts": "/v1/heroics?hero={associate}",
    "pay periods": "/v1/pay-periods",
    "service of an associate": "/v1/service-standards?associate_id={associate}",
    "book as of a day": "/v1/associates/{associate}/book?as_of={day}",
    "score as of a day": "/v1/customers/{customer}/score?as_of={day}",
    "ledger as of a day": "/v1/associates/{associate}/ledger?as_of={day}",
}


def read_in_turn(houses: Sequence[House], requests: int) -> list[dict[str, float]]:
    """Of each house the seconds of each read, the middle of so many, and of the start of its API."""
    with ExitStack() as stack:
        readers = [Reader(house, stack) for house in houses]
        taken = [{START: reader.start_seconds} for reader in readers]
        for name in READS:
            seconds = [[reader.ask(name) for reader in readers] for _ in range(requests + 1)][1:]
            for number, each in enumerate(taken):
                each[name] = median(one[number] for one in seconds)
    return taken


class Reader:
    """Reads of one house, from an API of its own."""

    def __init__(self, house: House, stack: ExitStack) -> None:
        ports: list[int] = []
        self.start_seconds = timed(lambda: ports.append(stack.enter_context(server(SERVER, house.settings))))
        self._connection = http.client.HTTPConnection("127.0.0.1", ports[0])
        stack.callback(self._connection.close)
        names = {"associate": house.associate, "customer": house.customer, "day": str(LAST_DAY), "word": ""}
        book: Any = msgspec.json.decode(self._answer(READS["book"].format(**names)))
        names["word"] = quote(str(book["customers"][0]["name"]).split()[-1])
        self._paths = {name: path.format(**names) for name, path in READS.items()}

    def ask(self, name: str) -> float:
        """Seconds of one answer."""
        return timed(lambda: self._answer(self._paths[name]))

    def _answer(self, path: str) -> bytes:
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} was answered with {response.status}: {answer.decode()}")
        return answer
