"""`clienteling backup`: base backups and the archive of the write-ahead log."""

from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from infra.backups import BackupFolder, Manifest
from infra.runtime import open_runtime
from infra.settings import Settings
from services.cli.output import Output, Yes, complain, flag, remark, say
from services.cli.tables import table
from services.recovery import backups

app = App(name="backup", help_format="plaintext")


@app.default
def backup(
    *,
    incremental: Annotated[bool, flag("Only what has changed since the last backup.")] = False,
    output: Output = Output(),
) -> int:
    """Make a backup."""
    with open_runtime() as runtime:
        made = backups.back_up(runtime, incremental=incremental, say=remark)
    output.show(made, lambda _: _draw([made]))
    remark(f"Keep the master key ({made.master_key}) elsewhere: without it no name in this backup opens.")
    return 0


@app.command
def wal(
    *,
    follow: Annotated[bool, flag("Go on until Ctrl-C, as it is written.")] = False,
    output: Output = Output(),
) -> int:
    """Receive the write-ahead log into the archive, up to now.

    What is in the archive can be put back; what is newer goes with the disk. Run
    it every minute, or with --follow all the time.

    For example:

        clienteling backup wal
        clienteling backup wal --follow
    """
    with open_runtime() as runtime:
        reached = backups.archive_wal(runtime, follow=follow)
    output.show({"archived_to": reached}, lambda _: say(f"archived to {reached}"))
    return 0


@app.command
def prune(
    *,
    keep: Annotated[
        int, Parameter(help="So many backups stay, and those they need.", validator=Number(gte=1))
    ],
    yes: Yes = False,
    output: Output = Output(),
) -> int:
    """Remove all backups but the last ones, and what nobody needs of the archive.

    Backups hold the keys of people who were forgotten since: keep them no longer
    than a forgotten name may live.

    For example:

        clienteling backup prune --keep 14
    """
    folder = BackupFolder(Settings.from_env())
    if not output.confirms(f"Remove all backups but the last {keep} in {folder.path}?", yes=yes):
        complain("nothing was removed; --yes removes without asking")
        return 1
    removed = folder.prune(keep)
    output.show({"removed": removed}, lambda _: say(f"removed: {', '.join(removed) or 'none'}"))
    return 0


@app.command(name="list")
def list_(*, output: Output = Output()) -> int:
    """List the backups, the oldest first, and the last drill that held.

    For example:

        clienteling backup list --json
    """
    folder = BackupFolder(Settings.from_env())
    found, drilled = folder.backups(), folder.last_good_drill()
    output.show({"backups": found, "last_good_drill": drilled}, lambda _: _draw(found))
    remark(
        f"The last drill that held: {drilled.at:%Y-%m-%d %H:%M} UTC" if drilled else "No drill has held yet."
    )
    return 0


def _draw(made: list[Manifest]) -> None:
    columns = ("backup", "changes since", ("position", "right"), "epoch", "master key")
    rows = [(one.backup_id, one.parent, f"{one.position:,}", one.epoch, one.master_key) for one in made]
    table("", columns, rows)
