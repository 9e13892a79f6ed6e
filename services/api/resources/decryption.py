"""The edge: the only place where sealed texts are opened, each for a reader who may see it.

Answers are documents in which names, notes and the like are sealed. Everything in one answer is opened with keys that are fetched
for it and dropped with it: somebody who was forgotten a moment ago has no name in the next answer.
"""

from services.api.state import Shop


async def opened(shop: Shop, document: bytes) -> bytes:
    """A JSON document with its sealed texts opened; those of people who were forgotten are null."""
    return await shop.tables.retried(lambda: shop.keys.open_document(document))
