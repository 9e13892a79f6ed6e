"""`clienteling restore`: a backup put back, as it was at a moment."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from infra.settings import Settings
from services.cli.as_of_options import parse_instant
from services.cli.output import Output, remark, say
from services.recovery import restoring
from services.recovery.restoring import Restored, Target


def _is_target(_type: Any, value: str | None) -> None:
    _target(value)


def restore(
    *,
    into: Annotated[Path, Parameter(help="The data directory that it is put into.")],
    to: Annotated[
        str | None,
        Parameter(
            validator=_is_target,
            help="Up to a position, an instant or the end of a day (UTC); else to the end.",
        ),
    ] = None,
    output: Output = Output(),
) -> int:
    """Put a backup back."""
    found = restoring.restore(Settings.from_env(), into.absolute(), _target(to), remark)
    output.show(found, _draw)
    remark("Put the master key there, then follow 'The log was restored to an earlier moment' of the guide.")
    return 0


def _target(to: str | None) -> Target:
    if to is None or to.isdecimal():
        return None if to is None else int(to)
    return parse_instant(to)


def _draw(found: Restored) -> None:
    recorded = "" if found.recorded_at is None else f", recorded at {found.recorded_at.isoformat()}"
    say(f"{found.data_dir}: the log ends at position {found.position:,}{recorded}")
