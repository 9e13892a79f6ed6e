"""A client thread: sends commands over HTTP until they are answered, and keeps its own account of that."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.chaos.rounds.knowledge import Knowledge
from tests.chaos.rounds.orders import Order

REQUEST_SECONDS = 12
#: Not an answer to the command: come again later.
LATER = frozenset({429, 500, 503})
#: By the port of an API: the header of a token that it takes. A house writes down those of its own.
TOKENS: dict[int, dict[str, str]] = {}


@dataclass
class Sent:
    """One command and what came of it: `answer` when it was acknowledged, `refused` when a rule was broken.

    `lost` counts the tries whose answer never came: such a try may have been decided, or may be decided yet.
    """

    key: str
    command: str
    body: dict[str, Any]
    answer: dict[str, Any] | None = None
    refused: str | None = None
    lost: int = 0
    slowest_seconds: float = 0.0

    @property
    def settled(self) -> bool:
        """Whether it was answered for good."""
        return self.answer is not None or self.refused is not None


Next = Callable[[str], Order]


class Client(threading.Thread):
    """Draws orders and sends them until `ending` is set; then only what is under way is brought to an end.

    `errors` are answers that no fault excuses (500). What is not settled by `give_up_at` stays so.
    """

    def __init__(
        self, name: str, ports: Sequence[int], known: Knowledge, next_order: Next, chance: Any, pause: float
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.sent: list[Sent] = []
        self.errors: list[str] = []
        self.ending = threading.Event()
        self.give_up_at = float("inf")
        self._ports, self._known, self._next_order = ports, known, next_order
        self._chance, self._pause = chance, pause

    def run(self) -> None:
        """Send until told to end."""
        number = 0
        while not self.ending.is_set():
            number += 1
            key = f"{self.name}-{number}"
            order = self._next_order(key)
            if order is not None:
                self.settle(key, *order)
            time.sleep(self._pause * self._chance.random())

    def settle(self, key: str, command: str, body: dict[str, Any]) -> Sent:
        """Send one command until it is answered."""
        sent = Sent(key, command, body)
        self.sent.append(sent)
        while not sent.settled and time.monotonic() < self.give_up_at:
            self._try(sent)
            if not sent.settled:
                time.sleep(0.1 + 0.4 * self._chance.random())
        if sent.answer is not None:
            self._known.learn(command, body, sent.answer)
        return sent

    def _try(self, sent: Sent) -> None:
        began = time.monotonic()
        try:
            status, document = post(self._chance.choice(self._ports), sent.command, sent.key, sent.body)
        except (OSError, HTTPException, ValueError):
            sent.lost += 1
            return
        finally:
            sent.slowest_seconds = max(sent.slowest_seconds, time.monotonic() - began)
        if status in (200, 201):
            sent.answer = document
        elif status in LATER:
            sent.lost += 1
            if status == 500:
                self.errors.append(f"500 to {sent.command} {sent.key}: {document}")
        else:
            sent.refused = str(document.get("code", status))


def post(port: int, command: str, key: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and document of a command. Raises OSError, HTTPException or ValueError without an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS)
    try:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, **TOKENS.get(port, {})}
        connection.request("POST", f"/v1/commands/{command}", json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def get(port: int, path: str) -> tuple[int, dict[str, Any]]:
    """Status and document of a question. Raises OSError, HTTPException or ValueError without an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS)
    try:
        connection.request("GET", path, headers=TOKENS.get(port, {}))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
