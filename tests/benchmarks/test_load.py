"""A benchmark's load counts answers, or fails: an unanswered request is no figure."""

import asyncio

import pytest

from benchmarks.load import load

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def answered_with(answer: bytes | None) -> float:
    """What the load says of a server that answers so, or closes at once."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while answer is not None and await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        return await load(server.sockets[0].getsockname()[1], "/", connections=2, seconds=0.2)


async def test_answers_are_counted():
    assert await answered_with(ANSWER) > 0


async def test_a_server_that_closes_connections_gives_no_figure():
    with pytest.raises((RuntimeError, ConnectionError)):
        await answered_with(None)


async def test_another_answer_than_200_gives_no_figure():
    with pytest.raises(RuntimeError, match="not answered as expected"):
        await answered_with(ANSWER.replace(b"200 OK", b"503 No"))
