"""`clienteling score`: the loyalty score from the command line."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from services.ops.importing.files import UnusableFile
from services.ops.output import complain, document, remark, table

if TYPE_CHECKING:
    from services.ops.scoring.evaluate import Evaluation

app = App(
    name="score",
    help="The loyalty score: how strong each relationship is, and how well that predicts.",
    help_format="plaintext",
)

COMPLAINTS_SHOWN_MAX = 10
MODELS = {
    "score": "the loyalty score",
    "bgnbd": "BG/NBD, purchases expected",
    "rfm": "RFM, sum of quintiles",
    "rate": "past rate of purchases",
}


@app.command
def evaluate(
    file: Annotated[Path, Parameter(help="Purchases; plain or .gz.")],
    *,
    format: Annotated[
        Literal["cdnow", "online-retail", "csv"],
        Parameter(
            help="How the file is laid out. cdnow: its master file or its sample; online-retail: also Online Retail II."
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
    parameters: Annotated[
        Literal["calibrated", "default"],
        Parameter(help="Those that the history until the cut gives, or those of a shop not calibrated yet."),
    ] = "calibrated",
    json: Annotated[bool, Parameter(help="One JSON document on standard output.", negative="")] = False,
) -> int:
    """Rank the customers of a file at a date by their scores, and see who bought afterwards.

    Three published models rank the same customers beside it. AUC is the chance that who came back was ranked above who did not;
    the capture is the share of all later purchases that the best-ranked fifth made. Purchases of one customer and day count once.

    A csv file has a header with a customer, a date (YYYY-MM-DD or YYYYMMDD) and, optionally, an amount; the usual names of such columns are
    known, others are named by --customer, --date and --amount. Rows with a negative amount are left out.
    """
    from services.ops.scoring.evaluate import evaluate as evaluated

    named = {"customer": customer, "date": date_, "amount": amount}
    columns = {name: heading for name, heading in named.items() if heading is not None}
    try:
        last_day = date.fromisoformat(cut)
    except ValueError:
        complain(f"--cut: {cut!r} is no date (YYYY-MM-DD)")
        return 2
    try:
        found = evaluated(file, format, last_day, columns=columns, parameters=parameters)
    except UnusableFile as error:
        complain(str(error))
        return 1
    for line in found.unreadable[:COMPLAINTS_SHOWN_MAX]:
        remark(f"left out, {line}")
    if json:
        document(found)
    else:
        _show(found)
    return 0


def _show(found: "Evaluation") -> None:
    table(
        f"{found.customers:,} customers who bought until {found.cut}; {found.came_back:,} of them bought again on "
        f"{found.purchases_after:,} days until {found.until}",
        ("ranked by", ("AUC", "right"), ("Spearman", "right"), ("top 20 % capture", "right")),
        [
            (words, f"{measures.auc:.3f}", f"{measures.spearman:.3f}", f"{measures.top20_capture:.1%}")
            for name, words in MODELS.items()
            for measures in (getattr(found, name),)
        ],
    )
