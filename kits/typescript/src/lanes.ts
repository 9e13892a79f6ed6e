/**
 * Several workers on one log, with order per customer. The events are split into lanes by their partition,
 * for good; each lane is a consumer with a checkpoint of its own that sees every event and handles its share,
 * so that the proof by positions holds in each. Which worker has which lanes may change at any time: a lane
 * goes on from its checkpoint wherever it is, and gets from the log what the worker's durable has
 * acknowledged before it came.
 */

import { blake2sOfTwoBytes } from "./blake2s.ts";
import type { Consumer, Handlers } from "./consumer.ts";
import type { EventMessage } from "./message.ts";

/** The subjects of an event end in one of so many partitions. */
const PARTITIONS = 64;

type Keyed = Pick<EventMessage, "customer" | "subject">;

/** The partition of an event, from 0: that of its customer, or of its aggregate where it has none. */
export function partitionOf(event: Keyed): number {
  return blake2sOfTwoBytes(new TextEncoder().encode(event.customer ?? event.subject)) % PARTITIONS;
}

/** The lane of an event, from 0: all events of a customer are in the same. `lanes` divides 64. */
export function laneOf(event: Keyed, lanes: number): number {
  if (lanes < 1 || PARTITIONS % lanes !== 0) {
    throw new RangeError(`${lanes} lanes do not divide ${PARTITIONS} partitions evenly`);
  }
  return partitionOf(event) % lanes;
}

/** The lanes of a worker, counted from 0. */
export function lanesOfWorker(worker: number, workers: number, lanes: number): number[] {
  return Array.from({ length: lanes }, (_, lane) => lane).filter((lane) => lane % workers === worker);
}

/** A `handle` that is called for the events of one lane alone. */
export function inLane<Tx>(
  lane: number,
  lanes: number,
  handle: Handlers<Tx>["handle"],
): Handlers<Tx>["handle"] {
  return (transaction, event) => (laneOf(event, lanes) === lane ? handle(transaction, event) : undefined);
}

/**
 * The consumers of a worker's lanes, which take messages side by side; `consume` takes it as one. Each needs
 * a database connection of its own.
 */
export class Lanes<Tx> {
  readonly consumers: readonly Consumer<Tx>[];

  constructor(consumers: readonly Consumer<Tx>[]) {
    this.consumers = consumers;
  }

  /** Each goes on from its saved state, or begins behind this position of the log. */
  async start(after = 0): Promise<void> {
    await each(this.consumers.map((one) => one.start(after)));
  }

  /** Take a batch of messages in; when this returns they may be acknowledged. */
  async take(messages: readonly EventMessage[]): Promise<void> {
    await each(this.consumers.map((one) => one.take(messages)));
  }

  /** Each handles what the log has behind its checkpoint. */
  async catchUp(): Promise<void> {
    await each(this.consumers.map((one) => one.catchUp()));
  }
}

/** None is left at work when another has failed: their connections may be closed then. */
async function each(working: readonly Promise<unknown>[]): Promise<void> {
  for (const done of await Promise.allSettled(working)) if (done.status === "rejected") throw done.reason;
}
