"""Commands one after the other, a pause between them: how long half of them take at most. A process of its
own.

    python -m benchmarks.commands PORT CUSTOMER SECONDS [TOKEN]

prints the median in milliseconds.
"""

import http.client
import json
import sys
import time
from statistics import median

from infra.ids import new_id

PAUSE_SECONDS = 0.02


def median_ms(port: int, customer_id: str, seconds: float, token: str = "") -> float:
    """The median of commands that set a contact preference to and fro."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    taken_ms: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        allowed = len(taken_ms) % 2 == 0
        body = json.dumps({"customer_id": customer_id, "channel": "call", "allowed": allowed})
        headers = {"Idempotency-Key": new_id("key"), "Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        began = time.perf_counter()
        connection.request("POST", "/v1/commands/set-contact-preference", body, headers)
        response = connection.getresponse()
        answer = response.read()
        taken_ms.append((time.perf_counter() - began) * 1_000)
        if response.status not in (200, 201):
            raise RuntimeError(f"a command was not answered as expected: {answer.decode()}")
        time.sleep(PAUSE_SECONDS)
    connection.close()
    return median(taken_ms)


def main(port: str, customer_id: str, seconds: str, token: str = "") -> None:
    sys.stdout.write(f"{median_ms(int(port), customer_id, float(seconds), token)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
