"""What `clienteling NAME --help` says first, for every NAME: a sentence, what to know, examples.

They stand here because the commands themselves are imported only when they are run. Lines are as wide as
eighty columns allow: help pages are plain text, and what is wrapped twice is ragged.
"""

from typing import Final

#: The text of each command by its name and where it is. `clienteling --help` shows its first paragraph.
PAGES: Final[dict[tuple[str, str], str]] = {
    ("demo", "services.cli.demo:demo"): """\
Play a season of a made-up shop, show what came of it, and serve the API on it.

The same season for everybody: about 25,000 events of three stores, ending
yesterday. It needs a data directory without another history; run again, it goes
on where it stopped and shows the summary. Ctrl-C ends it.

For example:

    clienteling demo
    CLIENTELING_DATA_DIR=/tmp/demo clienteling demo --exit""",
    ("serve", "services.cli.serve:app"): """\
Run the API, relay, projector, reactions, webhooks, maintenance, or all of them, until Ctrl-C.

For example:

    clienteling serve all
    CLIENTELING_API_PORT=8080 clienteling serve api""",
    ("backup", "services.cli.backup:app"): """\
Back up log, key store and tables into CLIENTELING_BACKUP_DIR; wal, list, prune.

A base backup as PostgreSQL's own programs make it, with a manifest: where the
log ends, its hash and that of every projection. The shop may be open. The
master key is not in it: keep that elsewhere.

For example:

    clienteling backup
    clienteling backup --incremental
    clienteling backup wal --follow""",
    ("restore", "services.cli.restore:restore"): """\
Put a backup back into a data directory, as it was at a time or a position.

Without --to all that is in the archive comes back. Nothing is written over:
the data directory must have no PostgreSQL yet. A commit is not cut: of a
position in the middle of one all of it comes back. What has to follow stands
in docs/operators-guide.md.

For example:

    clienteling restore --into /srv/restored
    clienteling restore --into /srv/restored --to 2026-11-27T16:59:00Z
    clienteling restore --into /srv/restored --to 48210""",
    ("drill", "services.cli.drill:drill"): """\
Try the last backup: put it back, compare it with its manifest, and remove it.

Log and tables by their hashes, the keys with the master key where it is at
hand, the archive for gaps. Exit code 1 when something does not hold. Needs no
server and disturbs none.

For example:

    clienteling drill
    clienteling drill --json""",
    ("database", "services.cli.database:app"): """\
Tables and rights in a PostgreSQL of yours: roles, prepare.

The embedded one needs neither.

For example:

    clienteling database roles | psql --username postgres
    clienteling database prepare""",
    ("token", "services.cli.token:token"): """\
Print an access token for development, signed by a key in the data directory.

The API takes it where CLIENTELING_AUTH is on and no CLIENTELING_OIDC_ISSUER is
set. The key is made on first use; who can read it can be anybody.

For example:

    clienteling token --role manager --store downtown
    clienteling token --role auditor --hours 1""",
    ("import", "services.cli.import_commands:app"): """\
Import history from files; run it again to go on where it stopped.

Rows stream; every row is imported or left out for a named reason, and the sums
give the file's. Stop it whenever you like: nothing is imported twice.
docs/import.md says how each format is read.

For example:

    clienteling import online-retail online_retail.csv.gz
    clienteling import csv sales.csv --mapping import.toml --check""",
    ("projections", "services.cli.projections:app"): """\
What readers read: status, rebuild, rollback, verify, pause, resume.

The tables are copies of what the log says: they can be made anew at any time,
beside the ones that serve.

For example:

    clienteling projections status
    clienteling projections verify
    clienteling projections rebuild --all""",
    ("events", "services.cli.events:app"): """\
The log of events, and the stream it becomes: show, tail, export, republish, new-epoch.

For example:

    clienteling events show --last --limit 3
    clienteling events tail""",
    ("associates", "services.cli.associates:associates"): """\
Associates by store and name, with the id and the reference that commands take.

For example:

    clienteling associates --store downtown
    clienteling associates --status working --json""",
    ("audit", "services.cli.audit:app"): """\
Who did what: the last events of the log with who gave the command, oldest first.

Everything that one request led to has its correlation id, what follows by
itself included. Events that were written by releases without metadata are
listed without actor and time. What the events say is not shown.
`clienteling audit openings` lists who read whose personal data.

For example:

    clienteling audit --actor usr:anonymous --since 2026-03-01
    clienteling audit --customer cus_... --limit 200
    clienteling audit --correlation till-17 --json
    clienteling audit openings --customer cus_...""",
    ("servers", "services.cli.servers:app"): """\
PostgreSQL and NATS: show where they are, run programs on them.

For example:

    clienteling servers show
    clienteling servers run psql""",
    ("dead-letters", "services.cli.dead_letters:app"): """\
What could not be taken in: list, show, retry, discard. Everything else goes on.

Of a projection: an event that its fold could not take parks its key, and later
events of the key wait behind it. Mend the fold, then `retry`; the rows end as
if nothing had happened. `discard` gives up the first waiting event of a key.

Of the reactions (inventory, wishes, pay_runs, hand_overs): a message that
nobody could read, or an event from which nothing could follow. `retry` once the
reason is gone; `discard` gives it up.

For example:

    clienteling dead-letters list
    clienteling dead-letters show clientele_book cus_...""",
    ("book", "services.cli.book:book"): """\
An associate's customers, now or as they were on any past date or at any position.

It is folded from the events of these customers alone, so it is the same whether
the tables are up to date or not. Names are opened as they are today: who has
been forgotten since has none. Exit code 1 when there is no such associate or
customer.

For example:

    clienteling book ass_...
    clienteling book "staff 03" --as-of 2026-03-01 --sort visits
    clienteling book ass_... cus_... --as-of-position 18000""",
    ("ledger", "services.cli.ledger:app"): """\
Pay: statement, account, explain, what-if, export.

For example:

    clienteling ledger explain ass_.../P08
    clienteling ledger what-if --policy forgive
    clienteling ledger export --format beancount > ledger.beancount""",
    ("score", "services.cli.score:app"): """\
The loyalty score: show, calibrate, evaluate.

How strong each relationship is, from 0 to 1,000, why, and how well that
predicts who comes back. docs/loyalty-score.md tells how it is reckoned.

For example:

    clienteling score show cus_...
    clienteling score evaluate --format cdnow CDNOW_master.txt --cut 1997-09-30""",
    ("service-standards", "services.cli.service_standards:app"): """\
Standards of service: what was due to customers by week, and whether they come back.

They are defined by the command `define-service-standard`; docs/domain.md says
what counts as kept, late and missed. They measure, and nothing of pay reads
them.

For example:

    clienteling service-standards weeks --store downtown
    clienteling service-standards customers""",
    ("customers", "services.cli.customers:app"): """\
Customers: forget, redact, erase.

For example:

    clienteling customers forget cus_...""",
    ("nats", "services.cli.nats:app"): """\
Keys and permissions on NATS: configure.

For example:

    clienteling nats configure --consumer billing""",
    ("webhooks", "services.cli.webhooks:app"): """\
Endpoints of others to which events are sent: add, list, rotate, pause, remove.

Each event is signed (Standard Webhooks) and sent in the order of its partition.
What an endpoint does not take is parked, see `clienteling dead-letters list`.
docs/consumers.md has receivers in Python and in Node.

For example:

    clienteling webhooks add https://billing.example/hooks --name billing
    clienteling webhooks list""",
    ("vault", "services.cli.vault:app"): """\
The key store that names are sealed with: rotate.

For example:

    clienteling vault rotate""",
}
