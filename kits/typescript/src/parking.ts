/**
 * A handler that cannot handle the events of one key (a customer, say) holds up no others: that key's events
 * are parked in the consumer's own database, in their order, and replayed when the reason is gone.
 */

import type { Handlers } from "./consumer.ts";
import type { EventMessage } from "./message.ts";
import type { ParkedEvent, ParkingStore } from "./store.ts";

/**
 * The handlers to give to a consumer: `new Consumer(store, history, parking)`. Whatever `handle` throws parks
 * the event, and each later one of its key behind it. The key is the customer, or the aggregate where there is
 * none, unless another is given.
 */
export class Parking<Tx> implements Handlers<Tx> {
  readonly #store: ParkingStore<Tx>;
  readonly #handlers: Handlers<Tx>;
  readonly #key: (event: EventMessage) => string;

  constructor(
    store: ParkingStore<Tx>,
    handlers: Handlers<Tx>,
    key = (event: EventMessage) => event.customer ?? event.subject,
  ) {
    this.#store = store;
    this.#handlers = handlers;
    this.#key = key;
  }

  /** Handle an event, or park it. */
  async handle(transaction: Tx, event: EventMessage): Promise<void> {
    const key = this.#key(event);
    if ((await this.#store.parked(key, 1)).length > 0) {
      await this.#store.park(transaction, { key, why: "an earlier event waits", event });
      return;
    }
    const why = await this.#failure(transaction, event);
    if (why !== null) await this.#store.park(transaction, { key, why, event });
  }

  /** Undo what came of events behind a position; those that wait did not happen either. */
  async setBack(transaction: Tx, position: number): Promise<void> {
    await this.#store.unparkBehind(transaction, position);
    await this.#handlers.setBack(transaction, position);
  }

  /**
   * Handle what is parked, of one key or of all, each key up to an event that fails again; what is left. On a
   * connection of its own, a consumer may be at work beside it: they take turns.
   */
  async replay(key?: string): Promise<ParkedEvent[]> {
    const keys = key === undefined ? (await this.#store.parked()).map((one) => one.key) : [key];
    for (const one of new Set(keys)) {
      await this.#store.transaction(async (transaction) => {
        for (const parked of await this.#store.parked(one)) {
          const why = await this.#failure(transaction, parked.event);
          if (why !== null) return this.#store.park(transaction, { ...parked, why });
          await this.#store.unpark(transaction, parked);
        }
      });
    }
    return this.#store.parked(key);
  }

  /** Why an event could not be handled; then nothing of it is written. */
  async #failure(transaction: Tx, event: EventMessage): Promise<string | null> {
    try {
      await this.#store.savepoint(transaction, async () => this.#handlers.handle(transaction, event));
      return null;
    } catch (error) {
      return String(error);
    }
  }
}
