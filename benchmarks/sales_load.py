"""Tills that sell: some connections, each with one sale under way all the time. A process of its own.

    python -m benchmarks.sales_load PORT CONNECTIONS SECONDS TOKEN STORE < PEOPLE

`PEOPLE` is JSON: `{"customers": [...], "associates": [...]}`. Prints JSON: sales per second (`rate`), for how
many `seconds` they were sold, and how long they took in milliseconds (`p50`, `p99`, `longest`).
"""

import json
import sys
from collections.abc import Iterator
from itertools import count

import uvloop

from benchmarks.load import call
from infra.ids import new_id


def sales(people: dict[str, list[str]], token: str, store: str) -> Iterator[bytes]:
    """Requests that record one sale after another."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    for number in count():
        customer = people["customers"][number % len(people["customers"])]
        associate = people["associates"][number % len(people["associates"])]
        line = {
            "sku": "SH0101", "description": "Calzari loafer", "label": "Calzari", "department": "shoes",
            "quantity": 1, "unit_price_minor": 10_001, "attribution": [{"associate_id": associate}],
        }  # fmt: skip
        body = json.dumps(
            {"customer_id": customer, "store_id": store, "currency": "USD", "lines": [line]}
        ).encode()
        yield (
            f"POST /v1/commands/record-sale HTTP/1.1\r\nHost: localhost\r\n{bearer}"
            f"Idempotency-Key: {new_id('key')}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body


async def load(
    port: int, connections: int, seconds: float, token: str, store: str, people: dict[str, list[str]]
) -> dict[str, float]:
    """Sales per second, and how long they took."""
    taken, took = await call(port, connections, seconds, sales(people, token, store), 201)
    taken_ms = sorted(1_000 * one for one in taken)
    return {
        "rate": len(taken) / took,
        "seconds": took,
        "p50": taken_ms[len(taken_ms) // 2],
        "p99": taken_ms[len(taken_ms) * 99 // 100],
        "longest": taken_ms[-1],
    }


if __name__ == "__main__":
    port_, connections_, seconds_, token_, store_ = sys.argv[1:]
    given = json.load(sys.stdin)
    print(json.dumps(uvloop.run(load(int(port_), int(connections_), float(seconds_), token_, store_, given))))  # noqa: T201
