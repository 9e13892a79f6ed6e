/** The TypeScript kit does in each of the cases that both kits share what it says there. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  AnotherHouse,
  differing,
  type EventRange,
  Lineage,
  messageFromLine,
  messageFromStream,
  nextStep,
  NotAnEvent,
  RangeHash,
} from "../src/index.ts";
import { headerIn } from "../src/message.ts";

const folder = new URL("../../cases/", import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
const bytes = (text: string) => new TextEncoder().encode(text);
const headersOf = (given: Record<string, string>) => (name: string) => given[name];
/** The same from the bytes of a message. */
const blockOf = (given: Record<string, string>) => {
  const lines = Object.entries(given).map(([name, value]) => `${name}: ${value}\r\n`);
  return headerIn(bytes(`NATS/1.0\r\n${lines.join("")}\r\n`));
};

for (const one of read("continuity")) {
  test(`the next step: ${one.name}`, () => {
    const { position, previous_position: previousPosition, epoch } = one.message;
    const message = { position, previousPosition, epoch };
    const step = () => nextStep(one.checkpoint, message, new Lineage(one.lineage));
    if (one.step.type === "another_house") assert.throws(step, AnotherHouse);
    else assert.deepEqual(step(), one.step);
  });
}

const ranges = read("ranges");

for (const [first, expected] of [[1, ranges.ranges], [10_000, ranges.from_10000]]) {
  test(`the hashes of ranges from ${first}`, () => {
    let at = RangeHash.from(first);
    const kept: EventRange[] = [];
    for (const event of ranges.events) {
      if (event.position < first) continue;
      const next = at.withEvent({ ...event, data: bytes(event.data) });
      at = next.at;
      if (next.ended) kept.push(next.ended);
    }
    kept.push(at.until(30_007));
    assert.deepEqual(kept.slice(0, expected.length), expected);
  });
}

test("a range with another event differs and an empty one does not", () => {
  const theirs: EventRange[] = ranges.ranges;
  const empty = { from: 20_001, to: 30_000, count: 0, hash: "00".repeat(32) };
  assert.deepEqual(differing(theirs, [...theirs, empty]), []);
  assert.deepEqual(differing(theirs.slice(1), theirs), theirs.slice(0, 1));
  assert.deepEqual(differing([{ ...empty, count: 1 }], [empty]), [empty]);
});

const messages = read("messages");

test("a line and a message of one event are the same", () => {
  const { previous_position: previousPosition, data, ...rest } = messages.message;
  const expected = { ...rest, previousPosition, data: bytes(data) };
  assert.deepEqual(messageFromLine(messages.line), expected);
  for (const headers of [headersOf, blockOf]) {
    assert.deepEqual(messageFromStream(headers(messages.headers), bytes(data)), expected);
    const { subject, customer } = messageFromStream(headers(messages.odd_headers), bytes("{}"));
    assert.deepEqual({ subject, customer }, messages.odd);
  }
});

test("what does not say its place is no event", () => {
  for (const headers of messages.no_events) {
    assert.throws(() => messageFromStream(headersOf(headers), bytes("{}")), NotAnEvent);
    assert.throws(() => messageFromStream(blockOf(headers), bytes("{}")), NotAnEvent);
  }
  for (const line of messages.no_lines) assert.throws(() => messageFromLine(line), NotAnEvent);
});
