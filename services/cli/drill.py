"""`clienteling drill`: whether the last backup can be put back."""

from infra.backups import Drilled
from infra.settings import Settings
from services.cli.output import Output, complain, remark, say
from services.recovery import drills


def drill(*, output: Output = Output()) -> int:
    """Try the last backup."""
    drilled = drills.drill(Settings.from_env(), remark)
    output.show(drilled, _draw)
    for trouble in drilled.troubles:
        complain(trouble)
    return 0 if drilled.holds else 1


def _draw(drilled: Drilled) -> None:
    verdict = "holds" if drilled.holds else "does NOT hold"
    say(f"{drilled.backup_id}: {verdict}, put back and compared in {drilled.seconds:g} s")
    say(f"    log up to position {drilled.position:,}; archive up to {drilled.archived_to or 'nothing'}")
    names = {True: "open", False: "do not open", None: "were not tried: the master key is not at hand"}
    say(f"    names {names[drilled.names_open]}")
