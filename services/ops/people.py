"""Whom a command line means."""

from typing import Annotated, Any

from cyclopts import Parameter

from domain.messages import NotFound
from infra.postgres import connect
from infra.postgres.failures import is_missing_table
from projections.associate_directory.queries import BY_REFERENCE
from services.ops.output import remark
from services.ops.shop import Shop

Associate = Annotated[
    str, Parameter(help="An associate: ass_..., or the reference they were hired or imported with.")
]


def associate_id_of(shop: Shop, associate: str) -> str:
    """The id of an associate who is named by id or by reference. Raises NotFound for nobody."""
    if associate.startswith("ass_"):
        _, begun = shop.log.known([], [associate])
        if not begun:
            raise NotFound("associate_unknown", f"nobody was hired as {associate}", "ASSOCIATE")
        return associate
    rows: list[tuple[Any, ...]] = []
    with connect(shop.settings, shop.servers.database_url, name="directory") as connection:
        try:
            rows = connection.execute(BY_REFERENCE.encode(), {"reference": associate}).fetchall()
        except Exception as error:
            if not is_missing_table(error):
                raise
            remark("the directory of associates has not been projected yet; name them by ass_...")
    if not rows:
        raise NotFound("associate_unknown", f"nobody was hired as {associate}", "ASSOCIATE")
    return str(rows[0][0])
