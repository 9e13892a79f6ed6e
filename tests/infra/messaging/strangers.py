"""What anybody who reaches the server may put onto the stream, made from the relay's own messages."""

from collections.abc import Iterator

from infra.messaging.client import StreamClient
from infra.messaging.headers import headers_of
from infra.messaging.stored import stored_at

SUBJECT = "clienteling.v1.customer.registered.1"


async def forged(client: StreamClient, *, of: int) -> Iterator[tuple[dict[str, str] | None, bytes]]:
    """Headers and body of messages that the relay did not write; most are near copies of the one at a
    sequence.
    """
    message = await stored_at(client, of, seconds=5)
    assert message is not None
    headers = {
        name: value for name, value in headers_of(message.raw_headers).items() if not name.startswith("Nats-")
    }
    position = int(headers["clienteling-position"])

    def like(position: int | str, body: bytes = message.data, **changed: str):
        names = {name.replace("_", "-"): value for name, value in changed.items()}
        places = {
            "clienteling-position": str(position),
            "clienteling-previous-position": str(int(position) - 1) if len(str(position)) < 20 else "1",
        }
        return {**headers, **places, **names}, body

    return iter(
        [
            (None, b'{"evil":1}'),
            (None, b""),
            (headers, message.data),
            ({"clienteling-position": "1"}, b"{}"),
            like(position),
            like(position, b'{"evil":1}'),
            like(position + 1),
            like(position + 1, b'{"evil":1}'),
            like(position + 1, clienteling_stamp="0" * 32),
            like(position + 1, Nats_Msg_Id=f"{headers['clienteling-epoch']}-{position + 1}"),
            like(position + 1_000),
            like(max(1, position - 1), b'{"evil":1}'),
            like(1),
            like(9 * 10**17),
            like("1" + "0" * 5_000),
            like(position + 1, clienteling_epoch="fedcba9876543210"),
            like(position + 1, ce_subject="cus_\udcff", ce_type="\udcfe"),
        ]
    )


async def put(client: StreamClient, headers: dict[str, str] | None, body: bytes) -> None:
    """Put a message onto the stream as anybody may, and wait for the server's word on it.

    Header values may hold bytes that are no UTF-8 (as surrogates).
    """
    if headers is None:
        await client.jetstream().publish(SUBJECT, body)
        return
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    block = b"NATS/1.0\r\n" + lines.encode("utf-8", "surrogateescape") + b"\r\n"
    reply = client.new_inbox()
    told = await client.subscribe(reply, max_msgs=1)
    where = f"{SUBJECT} {reply}".encode()
    await client.send_frames(
        b"HPUB %b %d %d\r\n%b%b\r\n" % (where, len(block), len(block) + len(body), block, body)
    )
    await told.next_msg(timeout=10)
