"""Bodies that are no commands: read by the same strict decoder."""

from typing import TypeVar

import msgspec

from services.api.http.parameters import AnyRequest
from services.api.http.problems import problem_of_invalid, problem_of_malformed, require_single_keys
from services.api.resources.commands import require_json

Body = TypeVar("Body", bound=msgspec.Struct)


async def read_body(request: AnyRequest, shape: type[Body]) -> Body:
    """What a body of JSON says. Raises a problem that names the field."""
    try:
        require_json(request.scope)
        content = await request.body()
        body = msgspec.json.decode(content, type=shape)
        require_single_keys(content)
        return body
    except msgspec.ValidationError as error:
        raise problem_of_invalid(error, shape) from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise problem_of_malformed(error) from error
