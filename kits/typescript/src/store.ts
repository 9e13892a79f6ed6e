/** Where a consumer keeps its checkpoint: in the database of its own tables, in the same transaction. */

import type { DatabaseSync } from "node:sqlite";
import type { Checkpoint } from "./continuity.ts";
import type { EventMessage } from "./message.ts";
import { type EventRange, RangeHash } from "./ranges.ts";

/** Up to where a consumer has handled the log, and the hash of the range that it is in. */
export interface State {
  readonly checkpoint: Checkpoint;
  readonly range: RangeHash;
}

/** Keeps the state of one consumer, and the ranges that it has handled whole. */
export interface Store<Tx> {
  /**
   * Does the work in a transaction, committed at its end or rolled back on an error; handlers write in it,
   * too.
   */
  transaction<T>(work: (transaction: Tx) => Promise<T>): Promise<T>;
  /** The state that was saved last. */
  load(): Promise<State | null>;
  /** The ranges that were handled whole, in order. */
  ranges(): Promise<EventRange[]>;
  /** Save the state, and ranges that have ended; those behind the state's position are forgotten. */
  save(transaction: Tx, state: State, ended?: readonly EventRange[]): Promise<void>;
}

/** An event that waits: `key` is whose it is, `why` what its handler threw, or that another waits. */
export interface ParkedEvent {
  readonly key: string;
  readonly why: string;
  readonly event: EventMessage;
}

/** A store that keeps parked events, too. `SqliteStore` and `PostgresStore` do. */
export interface ParkingStore<Tx> extends Store<Tx> {
  /** What is written within is undone on an error, and the transaction goes on. */
  savepoint(transaction: Tx, work: () => Promise<void>): Promise<void>;
  /** Keep an event; one that is kept gets another reason. */
  park(transaction: Tx, parked: ParkedEvent): Promise<void>;
  /** Forget an event that waited. */
  unpark(transaction: Tx, parked: ParkedEvent): Promise<void>;
  /** Forget the events behind a position. */
  unparkBehind(transaction: Tx, position: number): Promise<void>;
  /** The events that wait, of one key or of all, in the order of the log. */
  parked(key?: string, limit?: number): Promise<ParkedEvent[]>;
}

/**
 * Keeps it in SQLite, in the tables `clienteling_consumers`, `clienteling_ranges` and `clienteling_parked`.
 */
export class SqliteStore implements ParkingStore<DatabaseSync> {
  readonly #database: DatabaseSync;
  readonly #name: string;

  constructor(database: DatabaseSync, name: string) {
    this.#database = database;
    this.#name = name;
    database.exec(`
      CREATE TABLE IF NOT EXISTS clienteling_consumers (name text PRIMARY KEY, state text NOT NULL);
      CREATE TABLE IF NOT EXISTS clienteling_ranges (name text, first integer, last integer NOT NULL,
        count integer NOT NULL, hash text NOT NULL, PRIMARY KEY (name, first));
      CREATE TABLE IF NOT EXISTS clienteling_parked (name text, key text, position integer,
        why text NOT NULL, event text NOT NULL, PRIMARY KEY (name, key, position));
    `);
  }

  async transaction<T>(work: (transaction: DatabaseSync) => Promise<T>): Promise<T> {
    // Before the first read, so that two processes of one name do not go on from one state.
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const done = await work(this.#database);
      this.#database.exec("COMMIT");
      return done;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  async load(): Promise<State | null> {
    const query = "SELECT state FROM clienteling_consumers WHERE name = ?";
    const row = this.#database.prepare(query).get(this.#name);
    return row === undefined ? null : stateIn(String(row["state"]));
  }

  async ranges(): Promise<EventRange[]> {
    const query = "SELECT first, last, count, hash FROM clienteling_ranges WHERE name = ? ORDER BY first";
    return this.#database.prepare(query).all(this.#name).map((row) => ({
      from: Number(row["first"]),
      to: Number(row["last"]),
      count: Number(row["count"]),
      hash: String(row["hash"]),
    }));
  }

  async save(transaction: DatabaseSync, state: State, ended: readonly EventRange[] = []): Promise<void> {
    transaction
      .prepare(
        "INSERT INTO clienteling_consumers VALUES (?, ?) " +
          "ON CONFLICT (name) DO UPDATE SET state = excluded.state",
      )
      .run(this.#name, stateText(state));
    const keep = transaction.prepare("INSERT OR REPLACE INTO clienteling_ranges VALUES (?, ?, ?, ?, ?)");
    for (const one of ended) keep.run(this.#name, one.from, one.to, one.count, one.hash);
    transaction.prepare("DELETE FROM clienteling_ranges WHERE name = ? AND first >= ?").run(
      this.#name,
      state.range.from,
    );
  }

  async savepoint(transaction: DatabaseSync, work: () => Promise<void>): Promise<void> {
    transaction.exec("SAVEPOINT clienteling");
    try {
      await work();
    } catch (error) {
      transaction.exec("ROLLBACK TO clienteling");
      throw error;
    } finally {
      transaction.exec("RELEASE clienteling");
    }
  }

  async park(transaction: DatabaseSync, { key, why, event }: ParkedEvent): Promise<void> {
    transaction
      .prepare(
        "INSERT INTO clienteling_parked VALUES (?, ?, ?, ?, ?) " +
          "ON CONFLICT (name, key, position) DO UPDATE SET why = excluded.why",
      )
      .run(this.#name, key, event.position, why, eventText(event));
  }

  async unpark(transaction: DatabaseSync, { key, event }: ParkedEvent): Promise<void> {
    transaction
      .prepare("DELETE FROM clienteling_parked WHERE name = ? AND key = ? AND position = ?")
      .run(this.#name, key, event.position);
  }

  async unparkBehind(transaction: DatabaseSync, position: number): Promise<void> {
    transaction
      .prepare("DELETE FROM clienteling_parked WHERE name = ? AND position > ?")
      .run(this.#name, position);
  }

  async parked(key?: string, limit?: number): Promise<ParkedEvent[]> {
    const rows = this.#database
      .prepare(
        "SELECT key, why, event FROM clienteling_parked " +
          "WHERE name = ?1 AND (?2 IS NULL OR key = ?2) ORDER BY position LIMIT ?3",
      )
      .all(this.#name, key ?? null, limit ?? -1);
    return rows.map((row) => ({
      key: String(row["key"]),
      why: String(row["why"]),
      event: eventIn(String(row["event"])),
    }));
  }
}

/** A state as JSON, as both kits keep it. */
export function stateText({ checkpoint, range: { from, count, hash } }: State): string {
  return JSON.stringify({ checkpoint, range: { from_: from, count, hash } });
}

/** The state that `stateText` gave this for. */
export function stateIn(text: string): State {
  const { checkpoint, range } = JSON.parse(text) as { checkpoint: Checkpoint; range: Kept };
  return { checkpoint, range: new RangeHash(range.from_ ?? range.from ?? 1, range.count, range.hash) };
}

/** `from` is what version 0.1 of this kit has written. */
interface Kept {
  readonly from_?: number;
  readonly from?: number;
  readonly count: number;
  readonly hash: string;
}

/** An event as JSON, as both kits keep it. */
export function eventText({ previousPosition, data, ...rest }: EventMessage): string {
  const kept = { ...rest, previous_position: previousPosition, data: Buffer.from(data).toString("base64") };
  return JSON.stringify(kept);
}

/** The event that `eventText` gave this for. */
export function eventIn(text: string): EventMessage {
  const { previous_position: previousPosition, data, ...rest } = JSON.parse(text);
  return { ...rest, previousPosition, data: new Uint8Array(Buffer.from(data, "base64")) };
}
