"""Summary of the season, read from the API: a book, the best scores, a statement, heroics, stories."""

from typing import Any

from services.cli.api_client import Api
from services.cli.demo_stories import show_stories
from services.cli.output import money, say
from services.cli.tables import table

BOOK_ROWS = 8
RELATIONSHIPS = 5
HEROICS = 3


def show_summary(api: Api) -> None:
    """Print the summary."""
    associates: list[dict[str, Any]] = api.get("v1", "associates", limit=100)["associates"]
    names = {a["associate_id"]: a["name"] or a["reference"] for a in associates}
    books = {a: api.get("v1", "associates", a, "book", limit=50, sort="-net_spend") for a in names}
    owner = max(books, key=lambda a: sum(c["net_spend_minor"] for c in books[a]["customers"]))
    _book(names[owner], books[owner])
    _today(api, owner, names[owner])
    _relationships(api, [c for book in books.values() for c in book["customers"]], names)
    _statement(api, owner, names[owner])
    _heroics(api, names)
    show_stories(api, associates, names, owner)


def _book(name: str, book: dict[str, Any]) -> None:
    table(
        f"\n{name}'s book: the dearest {BOOK_ROWS} of {book['total']} customers",
        (
            "customer (called)",
            ("visits", "right"),
            ("net spend", "right"),
            "last visit",
            "loves",
            "waiting for",
        ),
        (
            (
                f"{c['name']} ({c['address_as']})",
                c["visits"],
                money(c["net_spend_minor"], c["currency"] or ""),
                (c["last_visit_at"] or "")[:10],
                ", ".join(c["favourite_labels"][:2]),
                ", ".join(wish.removeprefix("label:").removeprefix("sku:") for wish in c["waiting"][:2]),
            )
            for c in book["customers"][:BOOK_ROWS]
        ),
    )


def _today(api: Api, owner: str, name: str) -> None:
    calls = api.get("v1", "associates", owner, "book", "today", limit=5)
    table(
        f"\nWhom {name} reaches out to today ({calls['total']} in all)",
        ("customer", "how", "why"),
        (
            (
                c["name"],
                " or ".join(c["channels"]),
                "; ".join(r["kind"].replace("_", " ") for r in c["reasons"]),
            )
            for c in calls["calls"]
        ),
    )


def _relationships(api: Api, customers: list[dict[str, Any]], names: dict[str, str]) -> None:
    dearest = sorted(customers, key=lambda c: -c["net_spend_minor"])[:60]
    scores = [(api.get("v1", "customers", c["customer_id"], "score"), c) for c in dearest]
    best = sorted(scores, key=lambda pair: -pair[0]["score"])[:RELATIONSHIPS]
    table(
        "\nThe best relationships, and why",
        ("customer", "belongs to", ("score", "right"), "made of"),
        (
            (
                c["name"],
                names.get(c["primary_owner"], ""),
                score["score"],
                ", ".join(
                    f"{part['name'].replace('_', ' ')} {part['points']}"
                    for part in sorted(score["components"], key=lambda part: -part["points"])
                    if part["points"]
                ),
            )
            for score, c in best
        ),
    )


def _statement(api: Api, owner: str, name: str) -> None:
    statements = api.get("v1", "associates", owner, "statements", limit=20)["statements"]
    shown = max(statements, key=lambda s: s["clawed_back_minor"])
    currency = shown["currency"]
    table(
        f"\n{name}'s pay for {shown['period_id']} ({shown['starts_on']} to {shown['ends_on']})",
        ("", ("amount", "right")),
        (
            ("sold, returns taken off", money(shown["sales_minor"], currency)),
            ("commission earned", money(shown["earned_minor"], currency)),
            ("taken back with returned goods", money(-shown["clawed_back_minor"], currency)),
            ("moved by corrections", money(shown["moved_minor"], currency)),
            ("net commission", money(shown["net_minor"], currency)),
            (f"guaranteed for {shown['minutes'] / 60:.0f} hours", money(shown["guarantee_minor"], currency)),
            ("top-up", money(shown["topped_up_minor"], currency)),
            ("recouped", money(-shown["recouped_minor"], currency)),
            ("pay", money(shown["pay_minor"], currency)),
        ),
    )


def _heroics(api: Api, names: dict[str, str]) -> None:
    acts = api.get("v1", "heroics", limit=HEROICS)["acts"]
    say("\nThree heroics the house retells", style="italic")
    for act in acts:
        heroes = ", ".join(str(names.get(hero) or hero) for hero in act["heroes"])
        bought = ", ".join(money(b["net_minor"], b["currency"]) for b in act["bought_afterwards"])
        say(f"\n{heroes}, {act['happened_on']}, {act['store_id']}:", style="bold")
        say(act["story"] or "(forgotten)")
        cost = money(act["cost_minor"], act["currency"] or "")
        say(
            f"Cost to the shop: {cost}; bought by the customer afterwards: {bought or 'nothing yet'}.",
            style="dim",
        )
