"""The stores of an imported history: each is opened when it is met, so that its days are its own."""

from collections.abc import Callable, Iterator

from services.importing.pipeline.source_documents import Entry, SourceDocument, SourceFormat, StoreMet


class WithStores:
    """A source with the stores that its documents name, each before its first one."""

    def __init__(self, format: SourceFormat, time_zone: str) -> None:
        self.source = format.source
        self.size_bytes = format.size_bytes
        self._format = format
        self._time_zone = time_zone

    def owner_of(self, customer: str) -> str | None:
        """As the source says."""
        return self._format.owner_of(customer)

    def entries(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Entry]:
        """The entries of the source, and the stores between them."""
        met: set[str] = set()
        for entry in self._format.entries(on_progress):
            if isinstance(entry, SourceDocument) and entry.store not in met:
                met.add(entry.store)
                yield StoreMet(entry.store, self._time_zone, entry.currency, entry.channel, entry.at)
            yield entry
