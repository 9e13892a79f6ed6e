"""`clienteling book`: an associate's customers, now or as of any past date or position, straight from the
log.
"""

from typing import Annotated, Any, Literal

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number

from domain.messages import NotFound
from infra.runtime import Runtime, open_runtime
from projections.as_of import Cutoff
from projections.clientele_book.document import customer_document
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.queries import Role, book_of, customer_of, ranked
from projections.clientele_book.summary import summary_of
from services.cli.as_of_options import AsOf
from services.cli.associate_argument import Associate, associate_id_of
from services.cli.output import Output, money, say
from services.cli.personal_data import decrypted
from services.cli.tables import table
from services.read_models.rows_as_of import book_records, customer_records

ROLES: dict[str, Role] = {"primary": "primary", "secondary": "secondary", "all": "any"}
Sort = Literal["net_spend", "visits", "last_visit", "last_contact"]


def book(
    associate: Associate,
    customer: Annotated[str | None, Parameter(help="One customer of the book, cus_...")] = None,
    *,
    as_of: AsOf = AsOf(),
    role: Annotated[
        Literal["primary", "secondary", "all"], Parameter(help="As which owner the associate is asked about.")
    ] = "primary",
    sort: Annotated[Sort, Parameter(help="What the customers are ordered by, the most first.")] = "net_spend",
    limit: Annotated[int, Parameter(help="Most customers shown.", validator=Number(gte=1))] = 25,
    output: Output = Output(),
) -> int:
    """Show an associate's customers, now or as of any past date or position."""
    with open_runtime() as runtime:
        associate_id = associate_id_of(runtime, associate)
        past = as_of.cutoff(runtime.log)
        if customer is not None:
            found = _customer(runtime, associate_id, customer, past)
            output.show(found, lambda found: _show_customer(found, as_of.heading(past)))
            return 0
        pages = ranked(
            book_of(book_records(runtime.log, associate_id, past), associate_id, ROLES[role]), sort
        )
        shown = _opened(
            runtime,
            {
                "associate_id": associate_id,
                "position": past.position,
                "as_of": past.instant,
                "total": len(pages),
                "customers": [summary_of(page) for page in pages[:limit]],
            },
        )
    output.show(shown, lambda shown: _show(shown, as_of.heading(past)))
    return 0


def _customer(runtime: Runtime, associate_id: str, customer_id: str, past: Cutoff) -> dict[str, Any]:
    page: CustomerPage | None = customer_of(customer_records(runtime.log, customer_id, past))
    if page is None or associate_id not in (page.primary_owner, *page.secondary_owners):
        raise NotFound("customer_not_in_book", f"{customer_id} is not in this book then", "CUSTOMER")
    return _opened(runtime, customer_document(page))


def _opened(runtime: Runtime, answer: Any) -> dict[str, Any]:
    return msgspec.json.decode(decrypted(runtime, "clienteling book", msgspec.json.encode(answer)))


def _show(book: dict[str, Any], when: str) -> None:
    table(
        f"{book['total']:,} customers of {book['associate_id']}, {when}",
        (
            "customer",
            "known as",
            ("visits", "right"),
            ("net spend", "right"),
            "last visit",
            "last contact",
            "loves",
        ),
        (
            (
                c["customer_id"],
                _known_as(c),
                c["visits"],
                money(c["net_spend_minor"], c["currency"] or ""),
                (c["last_visit_at"] or "")[:10],
                (c["last_contact_at"] or "")[:10],
                ", ".join((*c["favourite_labels"], *c["favourite_departments"])[:2]),
            )
            for c in book["customers"]
        ),
    )
    more = book["total"] - len(book["customers"])
    if more:
        say(f"and {more:,} more; --limit shows them")


def _known_as(summary: dict[str, Any]) -> str:
    return "forgotten" if summary["forgotten"] else summary["name"] or summary["reference"] or ""


def _show_customer(page: dict[str, Any], when: str) -> None:
    summary = page["summary"]
    currency = summary["currency"] or ""
    table(
        f"{summary['customer_id']}, {when}",
        ("", ""),
        (
            ("known as", _known_as(summary)),
            ("addressed as", summary["address_as"]),
            ("primary owner", summary["primary_owner"]),
            ("other owners", ", ".join(summary["secondary_owners"])),
            ("visits", summary["visits"]),
            ("net spend", money(summary["net_spend_minor"], currency)),
            ("last visit", summary["last_visit_at"]),
            ("last contact", summary["last_contact_at"]),
            ("may be reached by", ", ".join(summary["allowed_channels"])),
            ("sizes", ", ".join(f"{s['kind']} {s['size']}" for s in page["sizes"])),
            ("tastes", ", ".join(summary["tastes"])),
            ("waits for", ", ".join(summary["waiting"])),
            ("open follow-ups", summary["follow_ups"]),
            ("records", ", ".join(page["records"])),
        ),
    )
    table(
        "",
        ("owner", "role", "since", "until", "why"),
        ((o["associate_id"], o["role"], o["since"], o.get("until"), o["reason"]) for o in page["owners"]),
    )
