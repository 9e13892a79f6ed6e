"""What the OpenAPI document says beside its operations: texts, headers, how requests are authenticated."""

from typing import Final

from infra.event_store.command_results import IDEMPOTENCY_KEY_LENGTH_MAX

KEY_HEADER: Final = "Idempotency-Key"
POSITION_HEADER: Final = "Clienteling-Position"
CONSISTENCY_HEADER: Final = "Clienteling-Consistency-Token"
CORRELATION_HEADER: Final = "X-Correlation-Id"
DESCRIPTION: Final = """Commands go in, answers come out of tables that follow the log.

A command answers with the `position` of its last event. A read says in the header `Clienteling-Position` up
to where the log is in it; with `?at_least=POSITION` it waits until the position is, so that you read what you
have just written. The header `Clienteling-Consistency-Token` of a command's answer does the same in a read,
and is refused when a restored log has lost what it stands for.

A read has an `ETag`; with `If-None-Match` it answers 304 where nothing has changed. Answers are compressed
(gzip) for who takes it.

A read with `?include=names` has `names` beside its answer: what the associates, customers and stores that it
names by id are called, the clocks of these stores, and how many decimals amounts of these currencies have.

Money is integer minor units (`_minor`), rates are basis points (`_bp`), instants are ISO 8601 in UTC, and
errors are problem documents (RFC 9457) whose `errors` name the fields. Send every command with an
`Idempotency-Key` of your own: the same key with the same content always gives the first answer again.

Unless authentication is switched off (`CLIENTELING_AUTH`), every request but those about the process itself
needs an access token (`Authorization: Bearer …`) or the cookie of a browser's session, and may do what its
role may (docs/roles.md)."""
#: What the groups of operations are about.
TAGS: Final = {
    "associates": "Who serves customers, where, and by which pay plan.",
    "book": "An associate's customers, what is known of each, and whom to call today.",
    "customers": "Customers of the whole house, looked up to serve them.",
    "loyalty": "How strong relationships are, and why.",
    "pay": "Commission accounts, statements, pay periods and deficits.",
    "heroics": "Acts of service above and beyond.",
    "standards": "What was due to customers, kept, late and missed; whether they come back.",
    "receipts": "Sales and returns.",
    "events": "The log itself, for other services: its events, and proof of having them all.",
    "commands": "What changes anything.",
    "house": "How the house runs, for its operators, and who did and read what.",
    "sessions": "Signing in and out with a browser.",
    "service": "The service itself: health, metrics, documentation.",
}
IDEMPOTENCY_KEY: Final = {
    "name": KEY_HEADER,
    "in": "header",
    "required": True,
    "description": "A key of your own; sent again, it gives the first answer again.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": IDEMPOTENCY_KEY_LENGTH_MAX,
        "pattern": "^[!-~]([ -~]*[!-~])?$",
    },
}
TOKEN: Final = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token (RFC 9068) of the OpenID provider, or of `clienteling token`.",
}
SESSION: Final = {
    "type": "apiKey",
    "in": "cookie",
    "name": "__Host-clienteling_session",
    "description": (
        "A browser's session (/auth/sign-in); without TLS, on this machine, its name has no prefix. What "
        "changes anything needs the `csrf_token` of /v1/session in the header X-CSRF-Token, too."
    ),
}
LAST_EVENT_ID: Final = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": (
        "Of server-sent events: the id of the last one that you have, behind which the answer goes on. "
        "Browsers send it by themselves."
    ),
    "schema": {"type": "string"},
}
IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the answer that you have: 304 where it would be the same.",
    "schema": {"type": "string"},
}
CONSISTENCY_TOKEN: Final = {
    "name": CONSISTENCY_HEADER,
    "in": "header",
    "required": False,
    "description": "The token of a command's answer: wait until this answer contains what was written.",
    "schema": {"type": "string", "maxLength": 60},
}
CONSISTENCY_ANSWER: Final = {
    "description": "Opaque; a read that is sent it contains what was written.",
    "schema": {"type": "string"},
}
ETAG: Final = {
    "description": "A digest of the answer, but for the moment it is said of (weak).",
    "schema": {"type": "string"},
}
POSITION: Final = {
    "description": "Up to where the log is in this answer.",
    "schema": {"type": "integer", "minimum": 0},
}
CORRELATION_ID: Final = {
    "description": "By which all that the command leads to is found: the one sent, or one that is made.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
}
