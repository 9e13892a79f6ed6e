/** A consumer with its checkpoint in SQLite ends with what the log has, whatever becomes of all three. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Consumer, type EventMessage, SqliteStore } from "../src/index.ts";
import { chance, House } from "./houses.ts";

/** The consumer's process ends in the middle of a transaction. */
class Stopped extends Error {}

/** A consumer that keeps facts in a table beside its checkpoint; it can be stopped and started again. */
class Shop {
  readonly database = new DatabaseSync(":memory:");
  readonly house: House;
  stopsAt: number | null = null;
  consumer: Consumer<DatabaseSync>;

  constructor(house: House) {
    this.house = house;
    this.database.exec("CREATE TABLE facts (position integer PRIMARY KEY, fact text NOT NULL)");
    this.consumer = this.began();
  }

  began(): Consumer<DatabaseSync> {
    this.consumer = new Consumer(new SqliteStore(this.database, "shop"), this.house, {
      handle: (database, event) => {
        const fact = new TextDecoder().decode(event.data);
        database.prepare("INSERT INTO facts VALUES (?, ?)").run(event.position, fact);
        if (event.position === this.stopsAt) {
          this.stopsAt = null;
          throw new Stopped();
        }
      },
      setBack: (database, position) => {
        database.prepare("DELETE FROM facts WHERE position > ?").run(position);
      },
    });
    return this.consumer;
  }

  async take(messages: EventMessage[]): Promise<void> {
    for (;;) {
      try {
        await this.consumer.start();
        return await this.consumer.take(messages);
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
        this.began();
      }
    }
  }

  facts(): Map<number, string> {
    const rows = this.database.prepare("SELECT position, fact FROM facts ORDER BY position").all();
    return new Map(rows.map((row) => [Number(row["position"]), String(row["fact"])]));
  }
}

test("one that was not started begins with its first messages", async () => {
  const house = new House(chance(5));
  house.record(3);
  const shop = new Shop(house);
  await shop.consumer.take(house.stream);
  assert.equal(shop.facts().size, 3);
});

/** Messages as they may come: from anywhere on, again, and with what nobody here has written. */
function someOf(house: House): EventMessage[] {
  const found = house.next() < 0.3 ? [...house.before] : [];
  for (const message of house.stream.slice(house.upTo(house.stream.length + 1))) {
    found.push(message);
    if (house.next() < 0.1) found.push(house.stream[house.upTo(house.stream.length)] ?? message);
    if (house.next() < 0.1) found.push({ ...message, epoch: "nobody's" });
    if (house.next() < 0.05) found.push({ ...message, position: 1e15, previousPosition: 1e15 - 1 });
  }
  return found;
}

test("it ends with what the log has", async () => {
  for (let seed = 0; seed < 150; seed++) {
    const house = new House(chance(seed), [1, 2, 4_000, 25_000]);
    const shop = new Shop(house);
    for (let round = 0; round < 10; round++) {
      house.record(house.upTo(9));
      if (house.next() < 0.3) house.restore();
      if (house.next() < 0.2) house.refill();
      if (house.next() < 0.3) shop.stopsAt = house.log[house.upTo(house.log.length)]?.position ?? null;
      if (house.next() < 0.7) await shop.take(someOf(house));
      if (house.next() < 0.2) {
        await shop.consumer.start();
        await shop.consumer.reconcile().catch((error: unknown) => assert(error instanceof Stopped));
      }
    }
    house.record(1);
    await shop.take([...house.stream]);
    assert.deepEqual(await shop.consumer.reconcile(), [], `seed ${seed}`);
    assert.deepEqual(shop.facts(), house.facts(), `seed ${seed}`);
  }
});

test("a forgery that was believed is undone by reconciling", async () => {
  const house = new House(chance(3), [1]);
  house.record(20);
  const shop = new Shop(house);
  const forged = { ...house.event(10, 9, "fact 10"), data: new TextEncoder().encode("a bonus") };
  await shop.take([...house.stream.slice(0, 9), forged, ...house.stream.slice(9)]);
  assert.notDeepEqual(shop.facts(), house.facts());
  assert.equal((await shop.consumer.reconcile()).length, 1);
  assert.deepEqual(shop.facts(), house.facts());
});

test("a forgery behind the end of the log is undone", async () => {
  for (const step of [1, 5, 30_000]) {
    const house = new House(chance(3), [1]);
    house.record(20);
    const shop = new Shop(house);
    const [beyond, against] = [house.event(20 + step, 20, "a bonus"), house.event(21 + step, 20, "another")];
    await shop.take([...house.stream, beyond]);
    assert.equal(shop.facts().size, 21);
    await shop.take([against]);
    assert.equal(shop.facts().size, 21);
    const wrong = await shop.consumer.reconcile();
    assert.deepEqual(
      wrong.map((one) => [one.from, one.to, one.count]),
      [[21, 21 + step, 0]],
    );
    assert.deepEqual(shop.facts(), house.facts());
    assert.deepEqual(await shop.consumer.reconcile(), []);
  }
});

test("it catches up with the log without a message", async () => {
  const house = new House(chance(3));
  house.record(50);
  const shop = new Shop(house);
  await shop.take(house.stream.slice(0, 20));
  await shop.consumer.catchUp();
  assert.deepEqual(shop.facts(), house.facts());
});
