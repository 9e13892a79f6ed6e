"""A customer is forgotten: before, nobody reads her name in any file; afterwards, nobody reads it anywhere.

Every byte at rest is searched: PostgreSQL's files with write-ahead log and server log, NATS's store, our own
logs, exports, and every table written down as text. That the search can find something is shown by strings
that are meant to be there.
"""

import json
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.embedded import ensure_servers
from infra.settings import Settings
from tests.e2e.bytes_at_rest import bytes_forms_of, forms_of, places_of, unpacked, write_down
from tests.e2e.house import UP_SECONDS, House

#: In every text about her; with a letter that JSON and addresses spell otherwise.
MARK = "Quixwóldia"
PHONE, EMAIL = "+44 7700 900481", "quixwoldia@featherstone.example"
#: Not personal: what the search must find wherever facts are written.
CONTROL_STORE = "Zephyrwick-Control"
#: Where facts must be found.
PARTS = (
    "embedded/postgres/data/base",
    "embedded/postgres/data/pg_wal",
    "embedded/nats/",
    "exports before/events.jsonl",
    "exports before/events.parquet.jsonl",
    "tables before",
)
SHELF_MARK = f"{MARK} Featherstonehaugh"


class Season:
    """What happens around one customer, all through the HTTP API."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._number = 0
        self.position = 0

    def do(self, command: str, **body: Any) -> dict[str, Any]:
        self._number += 1
        answer = self._house.post(command, f"command-{self._number}", **body)
        self.position = answer["position"]
        return answer["ids"]

    def play(self) -> None:
        plan = {"currency": "USD", "base_rate_minor": 800, "rate_bp": 675}
        hired = {"store_id": CONTROL_STORE, "plan": plan}
        self.anna = self.do("hire-associate", name="Anna Lindqvist", **hired)["associate_id"]
        self.ben = self.do("hire-associate", name="Ben Okafor", **hired)["associate_id"]
        self.do("open-pay-period", period_id="P1", starts_on="2025-01-01", ends_on="2025-01-31")
        self.do("open-pay-period", period_id="P2", starts_on="2025-02-01", ends_on="2030-12-31")
        self.other = self.do("register-customer", name="Clara Fontaine")["customer_id"]
        self._meet_her()
        self._sell_and_take_back()
        self._be_heroic()
        self.do("close-pay-period", period_id="P1")

    def wait_for_what_follows(self) -> None:
        """The goods she waits for came in, so she is promised a call; the period was closed, so everybody
        has a statement.
        """
        items = [{"sku": "S1", "label": "Calzari"}]
        self.do("record-stock-arrival", store_id=CONTROL_STORE, items=items)
        statements = [f"/v1/associates/{each}/statements/P1" for each in (self.anna, self.ben)]
        page = f"/v1/associates/{self.anna}/book/{self.customer}"
        deadline = time.monotonic() + UP_SECONDS
        while True:
            promised = self._house.get(page, self.position)["follow_ups"]
            stated = [self._house.client.get(path).status_code for path in statements]
            if any(promise.get("wish_id") for promise in promised) and stated == [200, 200]:
                break
            assert time.monotonic() < deadline, (promised, stated)
            time.sleep(0.1)
        self.position = int(self._house.client.get(f"/v1/sales/{self.sale}").headers["Clienteling-Position"])

    def _meet_her(self) -> None:
        register = {"name": SHELF_MARK, "address_as": f"Mrs. {MARK}", "reference": "K-4711"}
        self.customer = self.do("register-customer", **register)["customer_id"]
        her: dict[str, Any] = {"customer_id": self.customer}
        self.do("learn-name", **her, name=f"Dame {SHELF_MARK}", address_as=f"Dame {MARK}")
        self.do("add-contact-point", **her, kind="phone", value=PHONE)
        self.do("add-contact-point", **her, kind="email", value=EMAIL)
        self.do("add-contact-point", **her, kind="address", value=f"17 {MARK} Crescent, Ynysddu")
        self.do("set-contact-preference", **her, channel="call", allowed=True)
        self.do("record-size", **her, kind="shoe", size="39")
        self.do("record-taste", **her, kind="label", value="Calzari")
        self.do("record-wish", **her, label="Calzari", note=f"{MARK} longs for xanthic brogues")
        self.do(
            "record-occasion", **her, kind="anniversary", on="2025-06-01", description=f"jubilee of {MARK}"
        )
        self.do("add-note", **her, text=f"{MARK} is allergic to zibeline", written_by=self.anna)
        self.do("log-contact", **her, channel="call", purpose="thank_you", contacted_by=self.anna)
        self.do(
            "plan-follow-up", **her, due_on="2030-01-01", reason=f"heliotrope gloves for {MARK}",
            associate_id=self.anna,
        )  # fmt: skip

    def _sell_and_take_back(self) -> None:
        at = {"occurred_at": "2025-01-10T12:00:00Z", "store_id": CONTROL_STORE}
        self.sale = self.do(
            "record-sale", **at, currency="USD", customer_id=self.customer, lines=[self._line(50_000, 2)]
        )["sale_id"]
        self.returned = self.do(
            "accept-return", **at, sale_id=self.sale, lines=[{"line_no": 1, "quantity": 1}],
            condition=f"worn by {MARK}", reason=f"{MARK} did not dance",
        )["return_id"]  # fmt: skip
        # She is nobody when these are told, and recognised later.
        self.walk_in = self.do("record-sale", **at, currency="USD", lines=[self._line(30_000, 2)])["sale_id"]
        self.early_return = self.do(
            "accept-return", **at, sale_id=self.walk_in, lines=[{"line_no": 1, "quantity": 1}],
            reason=f"a stranger called {MARK}",
        )["return_id"]  # fmt: skip
        self.early_act = self.do(
            "report-heroic-act", heroes=[self.anna], kind="delivery", sale_id=self.walk_in,
            story=f"carried it to a stranger called {MARK}", happened_on="2025-01-10",
        )["act_id"]  # fmt: skip
        self.do("attach-customer", sale_id=self.walk_in, customer_id=self.customer)
        self.no_receipt = self.do(
            "accept-return", **at, currency="USD", lines=[{"sku": "S1", "refund_minor": 9_000}],
            reason=f"no receipt, but it was {MARK}",
        )["return_id"]  # fmt: skip
        self.do("match-return", return_id=self.no_receipt, sale_id=self.walk_in)
        self.do("record-sale", **at, currency="USD", customer_id=self.other, lines=[self._line(20_000, 1)])

    def _be_heroic(self) -> None:
        self.act = self.do(
            "report-heroic-act", heroes=[self.ben], kind="bought_elsewhere", customer_id=self.customer,
            story=f"crossed the street for {MARK}", cost_minor=2_500, happened_on="2025-01-10",
        )["act_id"]  # fmt: skip
        self.do("verify-heroic-act", act_id=self.act, verified_by=self.anna)
        self.do("verify-heroic-act", act_id=self.early_act, verified_by=self.ben)
        self.do("retell-heroic-act", act_id=self.act, told_to="everybody")
        doubtful = self.do(
            "report-heroic-act", heroes=[self.anna], kind="other", customer_id=self.customer,
            story=f"{MARK} smiled", happened_on="2025-01-11",
        )["act_id"]  # fmt: skip
        self.do("reject-heroic-act", act_id=doubtful, reason=f"{MARK} always smiles")

    def _line(self, unit_price_minor: int, quantity: int) -> dict[str, Any]:
        attribution = [
            {"associate_id": self.anna, "share_bp": 6_000},
            {"associate_id": self.ben, "share_bp": 4_000},
        ]
        return {
            "sku": "S1",
            "quantity": quantity,
            "unit_price_minor": unit_price_minor,
            "attribution": attribution,
        }


def things_that_go_wrong(house: House, season: Season) -> None:
    """Her name where it does not belong: none of it may end up in a log."""
    for body in (
        f'{{"customer_id": "{season.customer}", "text": "{MARK}", "{MARK}": 1}}',
        f'{{"customer_id": "{MARK}", "text": "{MARK}"}}',
        f'{{"customer_id": "{season.customer}", "text": "{MARK}"',
        f'{{"customer_id": "{season.customer}", "kind": "{MARK}", "value": "{PHONE}"}}',
    ):
        for command in ("add-note", "add-contact-point"):
            answer = house.client.post(
                f"/v1/commands/{command}", content=body.encode(), headers={"Idempotency-Key": "wrong"}
            )
            assert answer.status_code in (400, 422), answer.text
            assert MARK not in answer.text
    again = house.client.post(
        "/v1/commands/add-note",
        json={"customer_id": season.customer, "text": f"{MARK} again"},
        headers={"Idempotency-Key": "command-1"},
    )
    assert again.status_code == 422
    for path in (f"/v1/associates/{season.anna}/book?sort={MARK}", f"/v1/sales/{MARK}", f"/{MARK}"):
        assert house.client.get(path).status_code in (404, 422)


def exported(house: House, folder: Path) -> None:
    """Every export there is, one of each."""
    folder.mkdir()
    house.said("events", "export", str(folder / "events.jsonl"))
    house.said("events", "export", str(folder / "events.parquet"))
    rows = unpacked(folder / "events.parquet", folder / "events.parquet.jsonl")
    assert rows == len((folder / "events.jsonl").read_bytes().splitlines())
    for kind in ("beancount", "csv"):
        (folder / f"ledger.{kind}").write_bytes(house.said("ledger", "export", "--format", kind))


def told(house: House, season: Season) -> dict[str, str]:
    """Every answer that tells of her, as text."""
    anna, her, position = season.anna, season.customer, season.position
    paths = [
        f"/v1/associates/{anna}/book",
        f"/v1/associates/{anna}/book?sort=name&scores=true",
        f"/v1/associates/{anna}/book?q={MARK}",
        f"/v1/associates/{anna}/book/{her}",
        f"/v1/associates/{anna}/book/today?as_of=2030-05-25",
        "/v1/heroics",
        f"/v1/heroics/{season.early_act}",
        f"/v1/returns/{season.returned}",
        f"/v1/returns/{season.early_return}",
        f"/v1/returns/{season.no_receipt}",
    ]
    return {path: _text(house, path, position) for path in paths}


def _text(house: House, path: str, position: int) -> str:
    joined = "&" if "?" in path else "?"
    answer = house.client.get(f"{path}{joined}at_least={position}")
    assert answer.status_code == 200, f"{path}: {answer.text}"
    return answer.text


def sums(house: House, season: Season) -> dict[str, Any]:
    """What must stay to the cent: ledgers, statements, receipts, statistics."""
    position = season.position
    kept: dict[str, Any] = {}
    for associate in (season.anna, season.ben):
        kept[f"{associate} ledger"] = house.get(f"/v1/associates/{associate}/ledger", position)
        kept[f"{associate} statements"] = house.get(f"/v1/associates/{associate}/statements", position)
    for sale in (season.sale, season.walk_in):
        kept[sale] = house.get(f"/v1/sales/{sale}", position)
    score = f"/v1/customers/{season.customer}/score?as_of=2025-03-01"
    kept["score"] = house.client.get(score).json()
    book = house.get(f"/v1/associates/{season.anna}/book", position)
    numbers = ("customer_id", "visits", "net_spend_minor", "last_visit_at")
    kept["book"] = [{name: one.get(name) for name in numbers} for one in book["customers"]]
    kept["total"] = book["total"]
    heroics = house.get("/v1/heroics", position)["acts"]
    kept["heroics"] = [
        (act["act_id"], act["cost_minor"], act["status"], act["bought_afterwards"]) for act in heroics
    ]
    kept["beancount"] = house.said("ledger", "export", "--format", "beancount")
    return kept


def wrapped_keys(database_url: str) -> dict[str, bytes]:
    """The stored keys of all subjects."""
    with psycopg.connect(database_url) as connection:
        return dict(
            connection.execute(
                "SELECT subject_id, wrapped_key FROM vault.keys WHERE wrapped_key IS NOT NULL"
            ).fetchall()
        )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_at_rest_tells_her_name_and_once_she_is_forgotten_nothing_else_does(house: House) -> None:
    with ensure_servers(Settings(data_dir=house.folder)) as servers:
        url = str(servers.database_url)
        with psycopg.connect(url, autocommit=True) as connection:
            # A page that is compressed on its way into the write-ahead log would hide from the search.
            connection.execute("ALTER SYSTEM SET wal_compression = off")
            connection.execute("SELECT pg_reload_conf()")
        _forgotten(house, url)


def _forgotten(house: House, url: str) -> None:
    house.serve("api", "relay", "projector", "reactions")
    house.until_up()
    season = Season(house)
    season.play()
    season.wait_for_what_follows()
    things_that_go_wrong(house, season)
    clear = {
        form for text in (MARK, PHONE, EMAIL, "zibeline", "xanthic", "Lindqvist") for form in forms_of(text)
    }

    # Before: readers who may see it are told; no file has it.
    answers = told(house, season)
    assert {path for path, text in answers.items() if MARK not in text} == set()
    assert PHONE in answers[f"/v1/associates/{season.anna}/book/{season.customer}"]
    exported(house, house.folder / "exports before")
    write_down(url, house.folder / "tables before.txt")
    assert places_of(house.folder, clear) == []
    found = {place.split(" at ")[0] for place in places_of(house.folder, forms_of(CONTROL_STORE))}
    for part in PARTS:
        assert any(file.startswith(part) for file in found), f"the search is blind for {part}: {found}"

    kept, keys = sums(house, season), wrapped_keys(url)
    hers = {season.customer, season.walk_in, season.no_receipt} & keys.keys()
    assert season.customer in hers
    assert len(hers) == 3, "the texts of before she was known have keys of their own"
    assert places_of(house.folder, bytes_forms_of(keys[season.customer])), "the search is blind for keys"

    forgotten = house.run("customers", "forget", season.customer)
    assert (forgotten[0], forgotten[1]["traces_erased"]) == (0, True)
    season.position = forgotten[1]["position"]
    (house.folder / "tables before.txt").unlink()

    _nobody_is_told(house, season)
    assert sums(house, season) == kept
    house.run("projections", "rebuild", "--all")
    assert sums(house, season) == kept
    _nobody_is_told(house, season)
    code, verified = house.run("projections", "verify")
    assert (code, {one["holds"] for one in verified}) == (0, {True})

    exported(house, house.folder / "exports after")
    write_down(url, house.folder / "tables after.txt")
    assert places_of(house.folder, clear) == []
    for subject in sorted(hers):
        assert places_of(house.folder, bytes_forms_of(keys[subject])) == []
    assert wrapped_keys(url).keys() == keys.keys() - hers
    assert places_of(house.folder, bytes_forms_of(keys[season.other]))


def _nobody_is_told(house: House, season: Season) -> None:
    for path, text in told(house, season).items():
        for word in (MARK, "Quixw", PHONE, EMAIL, "zibeline", "xanthic", "heliotrope", "sealed:v1"):
            assert word not in text, f"{path} tells {word}"
    searched = _text(house, f"/v1/associates/{season.anna}/book?q={MARK}", season.position)
    assert json.loads(searched)["total"] == 0
    opened = house.said("events", "show", "--open", "--limit", "1000", "--json").decode()
    assert MARK not in opened
    assert "Clara Fontaine" in opened
