/**
 * A consumer: takes messages as they come, and handles each event of the log once, in order. It works with
 * any database (`Store`) and any way of getting messages. What the stream does not tell it asks of the log
 * (`History`).
 */

import { type Checkpoint, nextStep, type Step } from "./continuity.ts";
import type { History } from "./history.ts";
import { Lineage } from "./lineage.ts";
import { type EventMessage, messageFromLine } from "./message.ts";
import { differing, type EventRange, RangeHash } from "./ranges.ts";
import type { State, Store } from "./store.ts";

type Needed = Extract<Step, { type: "refill" | "contradiction" | "lineage_needed" }>;

/** So many events of a file are taken in with one transaction. */
const LOADED_AT_ONCE = 1_000;

/** What a consumer does with events. Both write in the transaction in which the checkpoint is saved. */
export interface Handlers<Tx> {
  /** An event happened. */
  handle(transaction: Tx, event: EventMessage): Promise<void> | void;
  /** Events behind a position turn out not to have happened: undo what came of them. */
  setBack(transaction: Tx, position: number): Promise<void> | void;
}

export class Consumer<Tx> {
  readonly #store: Store<Tx>;
  readonly #history: History;
  readonly #handlers: Handlers<Tx>;
  #lineage = new Lineage([]);

  constructor(store: Store<Tx>, history: History, handlers: Handlers<Tx>) {
    this.#store = store;
    this.#history = history;
    this.#handlers = handlers;
  }

  /** Go on from the saved state; a consumer without one begins behind this position of the log. */
  async start(after = 0): Promise<State> {
    this.#lineage = await this.#history.lineage();
    const saved = await this.#store.load();
    if (saved !== null) return saved;
    const checkpoint = checkpointAt(this.#lineage.current ?? "", after, after === 0);
    const state = { checkpoint, range: RangeHash.from(after + 1) };
    await this.#store.transaction((transaction) => this.#store.save(transaction, state));
    return state;
  }

  /** Take a batch of messages in; when this returns they may be acknowledged. */
  async take(messages: readonly EventMessage[]): Promise<void> {
    // One that was not started begins here, before a transaction that reads its state.
    await this.#loaded();
    let rest = [...messages];
    let refilled = false;
    while (rest.length > 0) {
      const { taken, needed } = await this.#takeSome(rest);
      refilled = refilled && taken === 0;
      rest = rest.slice(taken);
      if (needed === null) continue;
      if (needed.type === "refill" && !refilled) {
        refilled = true;
        for await (const page of this.#history.events(needed.after, needed.up_to)) await this.#takeSome(page);
      } else if (needed.type === "contradiction" && !refilled) {
        refilled = true;
        await this.reconcile();
      } else {
        // The log knows nothing of what it says: somebody else wrote it. If the log did not tell all, the
        // next message will have it filled in.
        rest = rest.slice(1);
      }
    }
  }

  /** Take in the lines of an exported file, or of `GET /v1/events`, in their order. */
  async load(lines: AsyncIterable<string> | Iterable<string>): Promise<void> {
    let page: EventMessage[] = [];
    for await (const line of lines) {
      page.push(messageFromLine(line));
      if (page.length < LOADED_AT_ONCE) continue;
      await this.take(page);
      page = [];
    }
    await this.take(page);
  }

  /**
   * Handle what the log has behind the checkpoint, without waiting for a message: the durable of a consumer
   * whose database was lost, or is an older copy, has nothing more to send.
   */
  async catchUp(): Promise<void> {
    const { position } = (await this.#inCurrentEpoch()).checkpoint;
    const end = await this.#history.end();
    if (position >= end) return;
    for await (const page of this.#history.events(position, end)) await this.take(page);
  }

  /**
   * Compare what was handled with the log; the ranges that differed. From the first of them on the consumer
   * is set back, and handles the events of the log. Nothing real is behind the end of the log: what a
   * consumer has there is a range of its own, without events.
   */
  async reconcile(): Promise<EventRange[]> {
    const state = await this.#inCurrentEpoch();
    const { position } = state.checkpoint;
    const first = (await this.#store.ranges())[0]?.from ?? state.range.from;
    if (position < first) return [];
    const end = await this.#history.end();
    if (position <= end) return this.#compared(state, first);
    const redone = await this.#redone(end, end);
    return [...(await this.#compared(redone, first)), RangeHash.from(end + 1).until(position)];
  }

  /** The ranges from a position up to the state's that differed from the log; they are put right. */
  async #compared(state: State, first: number): Promise<EventRange[]> {
    const { position } = state.checkpoint;
    if (position < first) return [];
    const kept = await this.#store.ranges();
    const ours = [...kept, state.range.until(position)];
    const wrong = differing(ours, await this.#history.ranges(first, position));
    if (wrong[0] !== undefined) await this.#redone(wrong[0].from - 1, position);
    return wrong;
  }

  /** Set back to a position, and handle the log's events from there up to another. */
  async #redone(behind: number, upTo: number): Promise<State> {
    const { checkpoint } = await this.#store.transaction(async (transaction) => {
      const state = await this.#loaded();
      return this.#setBackTo(transaction, state, behind, state.checkpoint.epoch);
    });
    for await (const page of this.#history.events(checkpoint.position, upTo)) await this.#takeSome(page);
    return this.#loaded();
  }

  /** The state, set back to what it has in common with the log if that was set back. */
  async #inCurrentEpoch(): Promise<State> {
    this.#lineage = await this.#history.lineage();
    const state = await this.#loaded();
    const current = this.#lineage.current ?? "";
    if (state.checkpoint.epoch === current) return state;
    const position = this.#lineage.commonPosition(state.checkpoint.epoch, state.checkpoint.position);
    return this.#store.transaction((transaction) => this.#setBackTo(transaction, state, position, current));
  }

  /** Take messages in until one needs something else first; how many, and what. */
  async #takeSome(messages: readonly EventMessage[]): Promise<{ taken: number; needed: Needed | null }> {
    const ended: EventRange[] = [];
    return this.#store.transaction(async (transaction) => {
      let state = await this.#loaded();
      for (const [taken, message] of messages.entries()) {
        const one = await this.#takeOne(transaction, state, message, ended);
        state = one.state;
        if (one.needed !== null) {
          await this.#store.save(transaction, state, ended);
          return { taken, needed: one.needed };
        }
      }
      await this.#store.save(transaction, state, ended);
      return { taken: messages.length, needed: null };
    });
  }

  async #takeOne(
    transaction: Tx,
    state: State,
    message: EventMessage,
    ended: EventRange[],
  ): Promise<{ state: State; needed: Needed | null }> {
    if (!this.#lineage.knows(message.epoch)) this.#lineage = await this.#history.lineage();
    for (;;) {
      const step = nextStep(state.checkpoint, message, this.#lineage);
      switch (step.type) {
        case "handle": {
          await this.#handlers.handle(transaction, message);
          const { at, ended: before } = state.range.withEvent(message);
          if (before !== null) ended.push(before);
          return { state: { checkpoint: step.checkpoint, range: at }, needed: null };
        }
        case "set_back":
          // What has ended in this batch is asked for below.
          await this.#store.save(transaction, state, ended);
          ended.length = 0;
          state = await this.#setBackTo(transaction, state, step.checkpoint.position, step.checkpoint.epoch);
          continue;
        case "pass_over":
          return { state, needed: null };
        default:
          return { state, needed: step };
      }
    }
  }

  /**
   * Set the consumer back to a position, or a little further: to where a range begins, whose hash can be
   * computed from there.
   */
  async #setBackTo(transaction: Tx, state: State, position: number, epoch: string): Promise<State> {
    if (position === state.checkpoint.position) {
      state = { checkpoint: { ...state.checkpoint, epoch }, range: state.range };
    } else {
      const begins = [...(await this.#store.ranges()).map((one) => one.from), state.range.from];
      const before = begins.filter((one) => one <= position + 1);
      const begin = before.length > 0 ? Math.max(...before) : Math.min(...begins);
      await this.#handlers.setBack(transaction, begin - 1);
      state = { checkpoint: checkpointAt(epoch, begin - 1, begin === 1), range: RangeHash.from(begin) };
    }
    await this.#store.save(transaction, state);
    return state;
  }

  async #loaded(): Promise<State> {
    return (await this.#store.load()) ?? (await this.start());
  }
}

function checkpointAt(epoch: string, position: number, exact: boolean): Checkpoint {
  return exact ? { epoch, position } : { epoch, position, exact };
}
