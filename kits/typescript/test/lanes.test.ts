/** Several workers on one log: each customer's events in their order, each once, whoever has which lanes. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import {
  Consumer,
  type EventMessage,
  inLane,
  laneOf,
  Lanes,
  lanesOfWorker,
  partitionOf,
  SqliteStore,
} from "../src/index.ts";
import { chance, House } from "./houses.ts";

const LANES = 4;

test("partitions are those of the cases", () => {
  const cases = JSON.parse(readFileSync(new URL("../../cases/partitions.json", import.meta.url), "utf8"));
  assert(Object.keys(cases).length > 8);
  for (const [key, partition] of Object.entries(cases)) {
    assert.equal(partitionOf({ customer: null, subject: key }), partition, key);
    assert.equal(partitionOf({ customer: key, subject: "sal_9" }), partition, key);
  }
});

test("workers share all lanes, and lanes share all partitions evenly", () => {
  for (let workers = 1; workers < 9; workers++) {
    const shared = Array.from({ length: workers }, (_, worker) => lanesOfWorker(worker, workers, 8)).flat();
    assert.deepEqual(
      shared.sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
  }
  for (const wrong of [0, 3, 128]) assert.throws(() => laneOf({ customer: null, subject: "s" }, wrong));
});

test("lanes that move between workers handle everything once and in order", async () => {
  const house = new House(chance(4));
  const handled: { lane: number; event: EventMessage }[] = [];
  // A database for each lane, which moves with it.
  const databases = Array.from({ length: LANES }, () => new DatabaseSync(":memory:"));
  const lanes = (worker: number, workers: number) =>
    new Lanes(
      lanesOfWorker(worker, workers, LANES).map((lane) => {
        const store = new SqliteStore(databases[lane] ?? new DatabaseSync(":memory:"), `shop/${lane}`);
        return new Consumer(store, house, {
          handle: inLane(lane, LANES, (_, event) => void handled.push({ lane, event })),
          setBack: () => assert.fail("nothing was set back"),
        });
      }),
    );
  for (const workers of [2, 3, 1]) {
    house.record(40);
    for (let worker = 0; worker < workers; worker++) {
      // What others have acknowledged does not come again.
      const own = lanes(worker, workers);
      await own.start();
      await own.take(house.stream.slice(-10));
    }
  }
  assert.equal(handled.length, house.log.length);
  for (let lane = 0; lane < LANES; lane++) {
    const positions = handled.filter((one) => one.lane === lane).map((one) => one.event.position);
    const own = house.log.filter((event) => laneOf(event, LANES) === lane);
    assert.deepEqual(positions, own.map((event) => event.position));
    assert(positions.length > 10);
  }
});

test("what one lane throws is thrown when the others are done", async () => {
  const house = new House(chance(5));
  house.record(20);
  let [failing, taken] = [true, 0];
  const own = new Lanes(
    [0, 1].map((lane) => {
      const handle = () => {
        if (lane === 0 && failing) throw new Error("lane 0");
        taken += 1;
      };
      const store = new SqliteStore(new DatabaseSync(":memory:"), `shop/${lane}`);
      return new Consumer(store, house, { handle: inLane(lane, 2, handle), setBack() {} });
    }),
  );
  await assert.rejects(own.take(house.stream), /lane 0/);
  assert.equal(taken, house.log.filter((event) => laneOf(event, 2) === 1).length);
  failing = false;
  await own.take(house.stream);
  assert.equal(taken, 20);
});
