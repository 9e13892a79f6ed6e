"""Scan and decode only: what a rebuild cannot do without, on as many processes as it has."""

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from infra.child_processes import without_main
from infra.event_store.codec import CODEC
from infra.event_store.scan import scan, sort_in
from infra.garbage import seldom_collected
from infra.postgres import connect
from infra.settings import Settings
from services.rebuild.build import topics_of_part
from services.rebuild.build_parts import Part


def seconds(settings: Settings, database_url: str, parts: Sequence[Part], processes: int) -> float:
    """How long it takes to read and decode the events of these parts and to do nothing with them."""
    started = time.monotonic()
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        with without_main():
            work = [pool.submit(_decode, settings, database_url, part) for part in parts]
        for one in work:
            one.result()
    return time.monotonic() - started


def _decode(settings: Settings, database_url: str, part: Part) -> None:
    with (
        seldom_collected(),
        connect(settings, database_url, name="scan", limit_statements=False) as connection,
    ):
        sort_in(connection, part.sort_mb)
        decode = CODEC.decode
        for _position, _key, topic, content in scan(
            connection,
            by_customer=part.by_customer,
            topics=topics_of_part(part),
            part=part.part,
            parts=part.parts,
            up_to=part.up_to,
            order="key",
        ):
            decode(topic, content)
