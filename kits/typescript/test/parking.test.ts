/** Events that cannot be handled are parked, with those of their key behind them, and replayed in order. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Consumer, type EventMessage, Parking, SqliteStore } from "../src/index.ts";
import { chance, House } from "./houses.ts";

/** A consumer that books facts, and cannot book those that end in a digit of `closed`. */
class Bank {
  readonly database = new DatabaseSync(":memory:");
  readonly store: SqliteStore;
  readonly parking: Parking<DatabaseSync>;
  readonly consumer: Consumer<DatabaseSync>;
  closed = new Set<string>();

  constructor(house: House) {
    this.database.exec("CREATE TABLE booked (number integer PRIMARY KEY, position integer UNIQUE)");
    this.store = new SqliteStore(this.database, "bank");
    const handlers = {
      handle: (database: DatabaseSync, event: EventMessage) => {
        // What is written before the error must not stay.
        database.prepare("INSERT INTO booked (position) VALUES (?)").run(event.position);
        if (this.closed.has(keyOf(event))) throw new Error(`no account of ${keyOf(event)}`);
      },
      setBack: (database: DatabaseSync, position: number) => {
        database.prepare("DELETE FROM booked WHERE position > ?").run(position);
      },
    };
    this.parking = new Parking(this.store, handlers, keyOf);
    this.consumer = new Consumer(this.store, house, this.parking);
  }

  booked(): number[] {
    const rows = this.database.prepare("SELECT position FROM booked ORDER BY number").all();
    return rows.map((row) => Number(row["position"]));
  }
}

const keyOf = (event: EventMessage) => event.subject.slice(-1);

function positions(house: House, ...but: string[]): number[] {
  return house.log.filter((one) => !but.includes(keyOf(one))).map((one) => one.position);
}

test("a key that fails waits in order, and the others go on", async () => {
  const house = new House(chance(1));
  house.record(40);
  const bank = new Bank(house);
  bank.closed = new Set(["1", "2"]);
  await bank.consumer.take(house.stream);
  assert.deepEqual(bank.booked(), positions(house, "1", "2"));
  const waiting = await bank.store.parked();
  assert.deepEqual(
    waiting.map((one) => one.event),
    house.log.filter((one) => bank.closed.has(keyOf(one))),
  );
  assert.deepEqual(
    waiting.filter((one) => one.key === "1").map((one) => one.why),
    ["Error: no account of 1", ...Array(3).fill("an earlier event waits")],
  );
  bank.closed = new Set(["2"]);
  house.record(10);
  await bank.consumer.take(house.stream);
  // Until it is replayed, what comes later waits behind it, though it could be handled.
  assert.deepEqual(bank.booked(), positions(house, "1", "2"));
  assert.deepEqual(new Set((await bank.parking.replay()).map((one) => one.key)), new Set(["2"]));
  bank.closed = new Set();
  assert.deepEqual(await bank.parking.replay("2"), []);
  assert.deepEqual(bank.booked().sort((a, b) => a - b), positions(house));
  for (const key of ["1", "2"]) {
    const own = positions(house).filter((at) => !positions(house, key).includes(at));
    assert.deepEqual(bank.booked().filter((at) => own.includes(at)), own);
  }
  assert.deepEqual(await bank.consumer.reconcile(), []);
});

test("what waits goes when the log is set back behind it", async () => {
  const house = new House(chance(2));
  house.record(30);
  const bank = new Bank(house);
  bank.closed = new Set(["0", "3", "5"]);
  await bank.consumer.take(house.stream);
  const before = await bank.store.parked();
  house.restore();
  house.record(3);
  await bank.consumer.take(house.stream);
  const waiting = (await bank.store.parked()).map((one) => one.event.subject);
  assert.deepEqual(waiting, house.log.filter((one) => bank.closed.has(keyOf(one))).map((one) => one.subject));
  assert.notEqual(waiting.length, before.length);
});
