"""HttpHistory comes again when it is told to, and says what it is refused."""

from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.error import HTTPError

import pytest

from clienteling_events import Epoch, HttpHistory, Refused, history

#: Instead of a status: the connection is closed.
LOST = 0


@contextmanager
def answering(*answers: tuple[int, dict[str, str]]) -> Generator[str]:
    """A server that answers so, one after the other, and then with an epoch; its address."""
    left = list(answers)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if left and left[0][0] == LOST:
                left.pop(0)
                self.close_connection = True
                return
            status, headers = left.pop(0) if left else (200, {})
            body = b'{"epochs": [{"epoch": "a", "common_position": 0}]}'
            self.send_response(status)
            for name, value in {
                **headers,
                "Content-Length": str(len(body)),
                "Clienteling-Position": "12",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it would have waited, each time."""
    made: list[float] = []

    async def noted(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(history, "sleep", noted)
    return made


async def test_it_comes_again_when_it_is_told_to(pauses: list[float]) -> None:
    with answering((429, {"Retry-After": "7"}), (503, {})) as url:
        assert (await HttpHistory(url).lineage()).epochs == [Epoch("a", 0)]
    assert pauses == [7, 1]


async def test_it_comes_again_when_the_connection_was_lost(pauses: list[float]) -> None:
    with answering((LOST, {}), (LOST, {})) as url:
        assert await HttpHistory(url).end() == 12
    assert pauses == [1, 1]


async def test_it_does_not_wait_for_ever_for_one_who_refuses_connections(pauses: list[float]) -> None:
    with answering() as url:
        pass
    with pytest.raises(OSError, match="refused"):
        await HttpHistory(url, patience_seconds=3).lineage()
    assert pauses == [1] * 2


async def test_it_does_not_wait_for_ever_for_one_who_says_later(pauses: list[float]) -> None:
    later = [(429, {"Retry-After": "100"})] * 2
    with answering(*later) as url, pytest.raises(HTTPError) as raised:
        await HttpHistory(url, patience_seconds=120).lineage()
    raised.value.close()
    assert (raised.value.code, pauses) == (429, [100])


@pytest.mark.parametrize("status", [403, 422])
async def test_it_says_what_it_is_refused(pauses: list[float], status: int) -> None:
    with (
        answering((status, {"Retry-After": "1"})) as url,
        pytest.raises(Refused, match=f"epochs answers {status}"),
    ):
        await HttpHistory(url).lineage()
    assert pauses == []


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_it_comes_again_after_an_error_of_the_server(pauses: list[float], status: int) -> None:
    with answering((status, {})) as url:
        assert await HttpHistory(url).end() == 12
    assert pauses == [1]


async def test_a_token_that_is_not_taken_is_asked_for_once_more(pauses: list[float]) -> None:
    asked: list[str] = []

    def token() -> str:
        asked.append("a token")
        return f"token-{len(asked)}"

    with answering((401, {})) as url:
        assert await HttpHistory(url, token).end() == 12
    assert len(asked) == 2
    with answering((401, {}), (401, {})) as url, pytest.raises(Refused, match="answers 401") as raised:
        await HttpHistory(url, token).end()
    assert (raised.value.status, len(asked), pauses) == (401, 4, [])
