"""Single messages of the stream as they are stored, asked of its leader: header block and content as
bytes, nothing parsed.
"""

from base64 import b64decode
from typing import Final, NamedTuple

import msgspec
import nats.errors
from nats.js.errors import APIError, NotFoundError

from infra.messaging.client import StreamClient
from infra.messaging.subjects import STREAM

_SUBJECT: Final = f"$JS.API.STREAM.MSG.GET.{STREAM}"
_NO_MESSAGE: Final = 404


class Stored(NamedTuple):
    """A message as it stands in the stream."""

    sequence: int
    raw_headers: bytes
    data: bytes


class _Message(msgspec.Struct):
    seq: int
    hdrs: str = ""
    data: str = ""


class _Problem(msgspec.Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _Answer(msgspec.Struct):
    message: _Message | None = None
    error: _Problem | None = None


_decode = msgspec.json.Decoder(_Answer).decode


async def stored_at(client: StreamClient, sequence: int, *, seconds: float) -> Stored | None:
    """The message at a sequence; None when it is gone, or the stream is.

    Raises nats.js.errors.APIError and TimeoutError.
    """
    question = msgspec.json.encode({"seq": sequence})
    try:
        answer = _decode((await client.request(_SUBJECT, question, timeout=seconds)).data)
    except nats.errors.NoRespondersError as error:
        raise NotFoundError(description="JetStream does not answer") from error
    problem, message = answer.error, answer.message
    if problem is not None and problem.code != _NO_MESSAGE:
        raise APIError(code=problem.code, err_code=problem.err_code, description=problem.description)
    if message is None:
        return None
    return Stored(message.seq, b64decode(message.hdrs), b64decode(message.data))
