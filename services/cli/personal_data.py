"""Where the command line decrypts personal data: it is recorded who opens whose."""

from infra.event_store.command_context import context_of_command_line
from infra.openings import insert_of, opening_of
from infra.runtime import Runtime
from infra.vault.documents import subjects_in


def decrypted(runtime: Runtime, operation: str, document: bytes) -> bytes:
    """A JSON document with its encrypted texts decrypted, once it is recorded who reads of whom."""
    if customers := sorted(each for each in subjects_in(document) if each.startswith("cus_")):
        opening = opening_of(context_of_command_line(), operation, customers)
        with runtime.connect("openings") as connection:
            connection.execute(*insert_of([opening]))
    return runtime.vault.decrypt_document(document)
