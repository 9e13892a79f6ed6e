"""Headers of a webhook by Standard Webhooks 1.0: an id that stays, the time of this try, and signatures."""

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime

CONTENT_TYPE = "application/cloudevents+json"


def signed_headers(
    event_id: str, at: datetime, body: bytes, secrets: Iterable[bytes]
) -> list[tuple[str, str]]:
    """The headers; a signature for each secret, separated by spaces."""
    seconds = str(int(at.timestamp()))
    content = b"%b.%b.%b" % (event_id.encode(), seconds.encode(), body)
    digests = [hmac.digest(secret, content, "sha256") for secret in secrets]
    return [
        ("Content-Type", CONTENT_TYPE),
        ("webhook-id", event_id),
        ("webhook-timestamp", seconds),
        ("webhook-signature", " ".join(f"v1,{base64.b64encode(one).decode()}" for one in digests)),
    ]
