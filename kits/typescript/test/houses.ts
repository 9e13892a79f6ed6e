/**
 * A house as its consumers see it: a log that is set back now and then, and its stream, which is refilled.
 */

import {
  type Epoch,
  type EventMessage,
  type EventRange,
  Lineage,
  RANGE_POSITIONS,
  RangeHash,
} from "../src/index.ts";

/** The same numbers for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A log and its stream; it answers what the API answers (`History`). */
export class House {
  epochs: Epoch[] = [{ epoch: "e0", common_position: 0 }];
  log: EventMessage[] = [];
  stream: EventMessage[] = [];
  /** What the stream held before the log was last set back: it may be on its way to a consumer. */
  before: EventMessage[] = [];
  recorded = 0;
  readonly next: () => number;
  readonly steps: number[];

  constructor(next: () => number, steps = [1, 1, 1, 2, 5]) {
    this.next = next;
    this.steps = steps;
  }

  /** A whole number below `most`. */
  upTo(most: number): number {
    return Math.floor(this.next() * most);
  }

  record(events: number): void {
    for (let count = 0; count < events; count++) {
      this.recorded += 1;
      const previous = this.log.at(-1)?.position ?? 0;
      const position = previous + (this.steps[this.upTo(this.steps.length)] ?? 1);
      this.log.push(this.event(position, previous, `fact ${this.recorded}`));
    }
    const published = this.stream.at(-1)?.position ?? 0;
    this.stream.push(...this.log.filter((event) => event.position > published));
  }

  event(position: number, previousPosition: number, fact: string): EventMessage {
    const epoch = this.epochs.at(-1)?.epoch ?? "";
    const data = new TextEncoder().encode(fact);
    const about = { version: 1, type: "a.happened.v1", subject: fact, customer: null };
    return { position, previousPosition, epoch, ...about, id: `${fact}/${epoch}`, data };
  }

  restore(): void {
    this.before = [...this.stream];
    this.log.length = this.upTo(this.log.length + 1);
    this.epochs.push({ epoch: `e${this.epochs.length}`, common_position: this.log.at(-1)?.position ?? 0 });
    this.log = this.log.map((one) => this.event(one.position, one.previousPosition, one.subject));
    this.refill();
  }

  refill(): void {
    this.stream = [...this.log];
  }

  facts(): Map<number, string> {
    return new Map(this.log.map((event) => [event.position, event.subject]));
  }

  async lineage(): Promise<Lineage> {
    return new Lineage([...this.epochs]);
  }

  async end(): Promise<number> {
    return this.log.at(-1)?.position ?? 0;
  }

  async *events(after: number, upTo: number): AsyncGenerator<EventMessage[]> {
    const wanted = this.log.filter((event) => after < event.position && event.position <= upTo);
    for (let start = 0; start < wanted.length; start += 3) yield wanted.slice(start, start + 3);
  }

  async ranges(first: number, last: number): Promise<EventRange[]> {
    if (last > (this.log.at(-1)?.position ?? 0)) throw new Error("the API answers 409: it was set back");
    const found: EventRange[] = [];
    while (first <= last) {
      const end = Math.min(last, Math.ceil(first / RANGE_POSITIONS) * RANGE_POSITIONS);
      let at = RangeHash.from(first);
      for (const event of this.log) {
        if (first <= event.position && event.position <= end) at = at.withEvent(event).at;
      }
      found.push(at.until(end));
      first = end + 1;
    }
    return found;
  }
}
