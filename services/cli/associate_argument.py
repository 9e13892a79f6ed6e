"""The argument that names an associate: by identifier or reference."""

from typing import Annotated, Any

from cyclopts import Parameter

from domain.messages import NotFound
from infra.postgres.failures import is_missing_table
from infra.runtime import Runtime
from projections.associate_directory.queries import BY_REFERENCE
from services.cli.output import remark

Associate = Annotated[
    str, Parameter(help="An associate: ass_..., or the reference they were hired or imported with.")
]


def associate_id_of(runtime: Runtime, associate: str) -> str:
    """The id of an associate who is named by id or by reference. Raises NotFound for nobody."""
    if associate.startswith("ass_"):
        _, begun = runtime.log.known([], [associate])
        if not begun:
            raise NotFound("associate_unknown", f"nobody was hired as {associate}", "ASSOCIATE")
        return associate
    rows: list[tuple[Any, ...]] = []
    try:
        rows = runtime.rows(BY_REFERENCE, {"reference": associate})
    except Exception as error:
        if not is_missing_table(error):
            raise
        remark("the directory of associates has not been projected yet; name them by ass_...")
    if not rows:
        raise NotFound("associate_unknown", f"nobody was hired as {associate}", "ASSOCIATE")
    return str(rows[0][0])
