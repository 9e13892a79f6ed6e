"""`clienteling score`: the loyalty score from the command line."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from domain.score_parameters.commands import ScoreParameters
from infra.clock import SYSTEM_CLOCK
from infra.runtime import open_runtime
from projections.as_of import Cutoff
from projections.loyalty_score.folding import seconds_of
from projections.loyalty_score.queries import score_document, score_history
from services.analysis.score.score_inputs import loyalty_state_of, score_parameters_of
from services.cli.as_of_options import KnownThen, is_date_or_instant, parse_instant
from services.cli.output import Output, WrongUsage, complain, flag, remark, say
from services.cli.score_page import COURSE, STEP, draw_score
from services.cli.tables import table
from services.read_models.rows_as_of import moment_of

if TYPE_CHECKING:
    from services.analysis.score.adoption import Adopted
    from services.analysis.score.backtest import Backtest
    from services.analysis.score.evaluation import Evaluation
    from services.analysis.score.ranking_measures import Measures

app = App(name="score", help_format="plaintext")

MESSAGES_SHOWN_MAX = 10
MODELS = {
    "score": "the loyalty score",
    "bgnbd": "BG/NBD, purchases expected",
    "rfm": "RFM, sum of quintiles",
    "rate": "past rate of purchases",
}


AsOfDate = Annotated[
    str | None,
    Parameter(
        name="--as-of",
        validator=is_date_or_instant,
        help="The date of the score (2026-03-01, its end in UTC) or an instant, past or future.",
    ),
]


@app.command(name="show")
def show_(
    customer: Annotated[str, Parameter(help="A customer, cus_...; of several merged records any.")],
    *,
    as_of: AsOfDate = None,
    known_then: KnownThen = KnownThen(),
    output: Output = Output(),
) -> int:
    """Show a customer's score, its components, the events behind them, and its course over a year.

    The score is a function of what had happened and of the date: asked for a past
    date, it is the one of that date, with the parameters that were in force on it;
    for one to come, what silence until then will make of it. With --as-of-position
    or --as-of-recorded it is computed from what the log held then, as it was
    shown then.

    For example:

        clienteling score show cus_...
        clienteling score show cus_... --as-of 2026-03-01
    """
    with open_runtime() as runtime:
        past = Cutoff(known_then.last_position(runtime.log))
        person, known = loyalty_state_of(runtime.log, customer, past)
        parameters_at = score_parameters_of(runtime.log, past)
        last_fact_at = moment_of(runtime.log, past.position) if known_then.is_limited else None
    moment = parse_instant(as_of) if as_of is not None else last_fact_at or SYSTEM_CLOCK.now()
    course = score_history(known, moment - COURSE, moment, STEP, parameters_at)
    found = score_document(person, known, moment, parameters_at(seconds_of(moment)), course)
    output.show(found, draw_score)
    return 0


@app.command
def calibrate(
    *,
    dry_run: Annotated[bool, flag("Only say what would be adopted, and how well it ranks.")] = False,
    as_of: Annotated[
        str | None,
        Parameter(
            name="--as-of",
            validator=is_date_or_instant,
            help=(
                "Where history ends for this (2026-03-01 or an instant); by default at the last sale on "
                "record."
            ),
        ),
    ] = None,
    output: Output = Output(),
) -> int:
    """Find the score's parameters in this shop's own history, and adopt them where they do not rank worse.

    How often people come, how readily they leave, how regular they are and what
    they spend in a visit are found by likelihoods and a median; what things are
    worth in points stays as it is. The first three quarters of history are learned
    from, and the customers known by then are ranked, by the parameters in force
    and by those just learned, against what they bought in the last quarter. Only
    where the learned ones do as well are those of all of history adopted: a new
    version, in force from now on. Scores of dates before stay what they were.

    Exit code 1 when nothing is adopted because history is too short or what it
    teaches ranks worse.

    For example:

        clienteling score calibrate --dry-run
    """
    from services.analysis.score.adoption import adopt, backtest_of_shop

    with open_runtime() as runtime:
        try:
            until = None if as_of is None else seconds_of(parse_instant(as_of))
            found, customers = backtest_of_shop(runtime, until)
        except ValueError as error:
            complain(f"nothing is adopted: {error}")
            return 1
        adopts = found.is_not_worse and not found.changes_nothing and not dry_run
        adopted = adopt(runtime, found, customers) if adopts else None
    document = {"calibration": found, "is_not_worse": found.is_not_worse, "adopted": adopted}
    output.show(document, lambda _: _draw_calibration(found, _verdict(found, adopted, dry_run=dry_run)))
    return 0 if found.is_not_worse or found.changes_nothing else 1


def _draw_calibration(found: "Backtest", verdict: str) -> None:
    _draw_rankings(
        f"{found.customers:,} customers known by {found.cut:%Y-%m-%d}; "
        f"{found.came_back:,} of them bought again until {found.until:%Y-%m-%d}",
        {
            f"version {found.in_force.version}, in force": found.before,
            "what history until then teaches": found.after,
        },
    )
    numbers = [
        (name, getattr(found.in_force, name), getattr(found.found, name))
        for name in ScoreParameters.__struct_fields__
    ]
    table(
        "\nWhat all of history teaches otherwise",
        ("parameter", ("in force", "right"), ("found", "right")),
        [(name, before, after) for name, before, after in numbers if before != after],
    )
    say(verdict)


def _verdict(found: "Backtest", adopted: "Adopted | None", *, dry_run: bool) -> str:
    if found.changes_nothing:
        return "It is what is in force: there is nothing to adopt."
    if not found.is_not_worse:
        return "It ranks worse than what is in force (AUC and half the capture): nothing is adopted."
    if adopted is None:
        return "It does not rank worse: without --dry-run it would be adopted." if dry_run else ""
    version, position = adopted.version, adopted.position
    return (
        f"It does not rank worse: adopted as version {version}, in force from now on (position {position})."
    )


@app.command(usage="Usage: clienteling score evaluate FILE... --format CHOICE --cut DAY [OPTIONS]\n")
def evaluate(
    *files: Annotated[Path, Parameter(help="Purchases; plain or .gz. Several are read as one.")],
    format: Annotated[
        Literal["cdnow", "online-retail", "csv"],
        Parameter(
            help="The layout of the file. cdnow: master file or sample; online-retail: also Online Retail II."
        ),
    ],
    cut: Annotated[str, Parameter(help="The last day (YYYY-MM-DD) that the models know of.")],
    customer: Annotated[
        str | None, Parameter(help="csv: the customer's column, if it is called otherwise.")
    ] = None,
    date_: Annotated[
        str | None, Parameter(name="--date", help="csv: the date's column, if it is called otherwise.")
    ] = None,
    amount: Annotated[
        str | None, Parameter(help="csv: the amount's column, if it is called otherwise.")
    ] = None,
    date_format: Annotated[
        str | None, Parameter(help="csv: how its dates are written, as for strptime (%d.%m.%Y).")
    ] = None,
    parameters: Annotated[
        Literal["calibrated", "default"],
        Parameter(help="Those that the history until the cut gives, or those of a shop not calibrated yet."),
    ] = "calibrated",
    output: Output = Output(),
) -> int:
    """Rank the customers of a file at a date by their scores, and see who bought afterwards.

    Three published models rank the same customers beside it. AUC is the chance
    that who came back was ranked above who did not; the capture is the share of
    all later purchases that the best-ranked fifth made. Purchases of one customer
    and day count once.

    A csv file has a header with a customer, a date and, optionally, an amount; the
    usual names of such columns are known, others are named by --customer, --date
    and --amount. Dates are year first, or in the order that the file itself shows;
    others are described by --date-format. Rows with a negative amount are left
    out.

    For example:

        clienteling score evaluate --format cdnow CDNOW_master.txt --cut 1997-09-30
        clienteling score evaluate --format csv orders.csv --cut 2026-06-30 --json
    """
    from services.analysis.score.evaluation import evaluate as evaluate_file

    named = {"customer": customer, "date": date_, "amount": amount}
    columns = {name: heading for name, heading in named.items() if heading is not None}
    if not files:
        raise WrongUsage("score evaluate needs a file of purchases")
    try:
        last_day = date.fromisoformat(cut)
    except ValueError as error:
        raise WrongUsage(f"--cut: {cut!r} is no date (YYYY-MM-DD)") from error
    found = evaluate_file(
        files, format, last_day, columns=columns, date_format=date_format, parameters=parameters
    )
    for line in found.unreadable[:MESSAGES_SHOWN_MAX]:
        remark(f"left out, {line}")
    output.show(found, _draw_evaluation)
    return 0


def _draw_evaluation(found: "Evaluation") -> None:
    _draw_rankings(
        f"{found.customers:,} customers who bought until {found.cut}; "
        f"{found.came_back:,} of them bought again on {found.purchases_after:,} days until {found.until}",
        {words: getattr(found, name) for name, words in MODELS.items()},
    )


def _draw_rankings(title: str, measured: "dict[str, Measures]") -> None:
    table(
        title,
        ("ranked by", ("AUC", "right"), ("Spearman", "right"), ("top 20 % capture", "right")),
        (
            (words, f"{measures.auc:.3f}", f"{measures.spearman:.3f}", f"{measures.top20_capture:.1%}")
            for words, measures in measured.items()
        ),
    )
