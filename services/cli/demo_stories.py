"""Stories of the season with their numbers: wishes, a leaver, a deficit, a heroic act, service."""

from typing import Any, Final

from services.cli.api_client import Api
from services.cli.output import money, say
from services.cli.service_standards_page import bar
from services.cli.tables import table

WISHES: Final = 5
PAGE: Final = 200


def show_stories(api: Api, associates: list[dict[str, Any]], names: dict[str, str], owner: str) -> None:
    """Print the stories."""
    _wishes(pages_of(api, owner), names[owner])
    for leaver in associates:
        if leaver["status"] == "left":
            _leaver(api, leaver, names)
    _deficit(api, names)
    _heroic_act(api, names)
    _service(api, names)


def pages_of(api: Api, associate_id: str) -> list[dict[str, Any]]:
    """Everything known about everybody in a book."""
    book = api.get("v1", "associates", associate_id, "book", limit=PAGE)
    return [
        api.get("v1", "associates", associate_id, "book", customer["customer_id"])
        for customer in book["customers"]
    ]


def _wishes(pages: list[dict[str, Any]], name: str) -> None:
    fulfilled = [(page, wish) for page in pages for wish in page["wishes"] if wish.get("fulfilled_at")]
    called = [(page, wish, call) for page, wish in fulfilled if (call := _call_before(page, wish))]
    latest = sorted(called, key=lambda entry: entry[1]["fulfilled_at"], reverse=True)[:WISHES]
    table(
        f"\nFulfilled wishes in {name}'s book: {len(fulfilled)}, {len(called)} or more after a contact",
        ("customer", "waiting for", "wished on", "contacted on", "fulfilled on"),
        (
            (
                page["summary"]["name"],
                wish.get("label") or wish.get("sku"),
                wish["recorded_at"][:10],
                call["contacted_at"][:10],
                wish["fulfilled_at"][:10],
            )
            for page, wish, call in latest
        ),
    )


def _call_before(page: dict[str, Any], wish: dict[str, Any]) -> dict[str, Any] | None:
    """The last contact about a wish before it came true; a page keeps the latest contacts only."""
    about_it = (
        contact
        for contact in page["contacts"]
        if contact["purpose"] == "wish"
        and wish["recorded_at"] < contact["contacted_at"] < wish["fulfilled_at"]
    )
    return next(about_it, None)


def _leaver(api: Api, leaver: dict[str, Any], names: dict[str, str]) -> None:
    leaver_id = leaver["associate_id"]
    still_there = api.get("v1", "associates", leaver_id, "book", limit=PAGE)["customers"]
    # A forgotten customer has no owner; their purchases stay in the sums of the book.
    left_behind = sum(not customer["forgotten"] for customer in still_there)
    taken: dict[str, list[dict[str, Any]]] = {}
    for successor in leaver["successors"]:
        pages = pages_of(api, successor)
        taken[successor] = [page for page in pages if _was_owned_by(page, leaver_id)]
    table(
        f"\n{names[leaver_id]} left on {leaver['left_on']}; {left_behind} customers are without an owner",
        ("their book went to", ("customers", "right"), ("their net spend", "right")),
        (
            (
                names[successor],
                len(pages),
                money(
                    sum(page["summary"]["net_spend_minor"] for page in pages),
                    pages[0]["summary"]["currency"] if pages else "",
                ),
            )
            for successor, pages in taken.items()
        ),
    )


def _was_owned_by(page: dict[str, Any], leaver_id: str) -> bool:
    return any(
        owner["associate_id"] == leaver_id and owner["role"] == "primary" and "until" in owner
        for owner in page["owners"]
    )


def _deficit(api: Api, names: dict[str, str]) -> None:
    for associate_id, name in names.items():
        answer = api.get("v1", "associates", associate_id, "statements", limit=PAGE)
        statements = sorted(answer["statements"], key=lambda statement: statement["starts_on"])
        carried = next((number for number, s in enumerate(statements) if s["carried_minor"]), None)
        if carried is None:
            continue
        back = next((s for s in statements[carried + 1 :] if s["recouped_minor"]), None)
        shown = [statements[carried], *([back] if back else [])]
        table(
            f"\nA deficit, carried: goods came back while {name} was away ({shown[0]['currency']})",
            (
                "period",
                ("net commission", "right"),
                ("guaranteed", "right"),
                ("carried on", "right"),
                ("recouped", "right"),
                ("pay", "right"),
                ("still owed", "right"),
            ),
            (
                (
                    s["period_id"],
                    *(
                        money(s[f"{part}_minor"], s["currency"], named=False)
                        for part in ("net", "guarantee", "carried", "recouped", "pay", "owed_after")
                    ),
                )
                for s in shown
            ),
        )
        return


def _heroic_act(api: Api, names: dict[str, str]) -> None:
    acts = api.get("v1", "heroics", limit=PAGE)["acts"]
    costly = [act for act in acts if act["cost_minor"] and act["bought_afterwards"]]
    if not costly:
        return
    act = max(costly, key=lambda act: sum(bought["net_minor"] for bought in act["bought_afterwards"]))
    heroes = ", ".join(str(names.get(hero) or hero) for hero in act["heroes"])
    bought = ", ".join(money(b["net_minor"], b["currency"]) for b in act["bought_afterwards"])
    cost = sum(one["cost_minor"] for one in acts if one["currency"] == act["currency"])
    say("\nA heroic act, and what came of it", style="italic")
    say(act["story"] or "(forgotten)")
    say(
        f"{heroes}, {act['happened_on']}. Cost to the shop {money(act['cost_minor'], act['currency'])}, "
        f"to associates none; the customer has bought since: {bought}. "
        f"All {len(acts)} acts together cost {money(cost, act['currency'])}.",
        style="dim",
    )


def _service(api: Api, names: dict[str, str]) -> None:
    """Thirteen weeks of standards of service, everybody's together; the most reliable; who came back."""
    found = _measures_of(api)
    kinds = {one["kind"]: [each for each in found if each["kind"] == one["kind"]] for one in found}
    table(
        "\nStandards of service of the last thirteen weeks: kept (█), late (▓), missed (░), open (·)",
        ("standard", ("due", "right"), "", ("kept", "right"), ("target", "right")),
        (
            (
                kind.replace("_", " "),
                _sum(measures, "due"),
                bar([_sum(measures, status) for status in ("kept", "late", "missed", "open")]),
                f"{_sum(measures, 'kept') * 100 // _sum(measures, 'due')} %",
                f"{measures[-1]['target_bp'] // 100} %",
            )
            for kind, measures in sorted(kinds.items())
        ),
    )
    thanks: dict[str, list[dict[str, Any]]] = {}
    for one in kinds.get("thank_you", ()):
        if one["associate_id"] is not None:
            thanks.setdefault(one["associate_id"], []).append(one)
    for who in sorted(thanks, key=lambda who: -_sum(thanks[who], "kept") / _sum(thanks[who], "due"))[:1]:
        kept, due = _sum(thanks[who], "kept"), _sum(thanks[who], "due")
        say(f"{names.get(who) or who} thanked for {kept} of {due} purchases in time.", style="dim")
    for one in api.get("v1", "service-standards", "customers")["cohorts"]:
        say(
            f"Of {one['bought']} customers who bought in {one['quarter']}, {one['came_back']} came back; "
            f"{one['open']} still may within their year.",
            style="dim",
        )


def _measures_of(api: Api) -> list[dict[str, Any]]:
    """Every measure, page by page."""
    page = api.get("v1", "service-standards", limit=PAGE)
    found: list[dict[str, Any]] = page["measures"]
    while page["next"] is not None:
        page = api.get("v1", "service-standards", limit=PAGE, after=page["next"])
        found += page["measures"]
    return found


def _sum(measures: list[dict[str, Any]], name: str) -> int:
    return sum(one[name] for one in measures)
