"""`clienteling associates`: who serves customers, with the id and the reference that other commands take."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from infra.clock import SYSTEM_CLOCK
from infra.runtime import Runtime, open_runtime
from projections.associate_directory import queries
from projections.associate_directory.fold import PROJECTION
from services.cli.output import Output
from services.cli.personal_data import decrypted
from services.cli.tables import table

PAGE = 1_000


class Associates(msgspec.Struct, frozen=True):
    """By store and name; leavers included where they were not left out."""

    associates: list[queries.AssociateDocument]


def associates(
    *,
    store: Annotated[str | None, Parameter(help="Only of this store; of leavers, their last one.")] = None,
    status: Annotated[Literal["working", "left"] | None, Parameter(help="Only of this status.")] = None,
    output: Output = Output(),
) -> int:
    """List associates by store and name: id, reference, name, department, since when, and status."""
    with open_runtime() as runtime:
        found = Associates(list(_directory(runtime, store, status)))
        opened = decrypted(runtime, "clienteling associates", msgspec.json.encode(found))
    listed = msgspec.json.decode(opened, type=Associates)
    listed.associates.sort(key=lambda each: (each.store_id or "", each.name or "", each.associate_id))
    output.show(listed, _draw)
    return 0


def _directory(
    runtime: Runtime, store: str | None, status: str | None
) -> Iterator[queries.AssociateDocument]:
    parameters = {"after_key": "", "store_id": store, "status": status, "limit": PAGE}
    today = SYSTEM_CLOCK.now().date()
    while rows := runtime.rows(queries.directory(parameters), parameters):
        for _, _, state in rows:
            yield queries.associate_document(PROJECTION.decode(state), today)
        parameters["after_key"] = rows[-1][0]


def _draw(listed: Associates) -> None:
    columns = ("associate", "reference", "name", "store", "department", "since", "status")
    rows = (
        (
            each.associate_id,
            each.reference,
            each.name,
            each.store_id,
            each.department,
            each.hired_on,
            each.status,
        )
        for each in listed.associates
    )
    table("", columns, rows)
