/** Where a consumer keeps its checkpoint: in the database of its own tables, in the same transaction. */

import type { DatabaseSync } from "node:sqlite";
import type { Checkpoint } from "./continuity.ts";
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

/** Keeps it in SQLite, in the tables `clienteling_consumers` and `clienteling_ranges`. */
export class SqliteStore implements Store<DatabaseSync> {
  readonly #database: DatabaseSync;
  readonly #name: string;

  constructor(database: DatabaseSync, name: string) {
    this.#database = database;
    this.#name = name;
    database.exec(`
      CREATE TABLE IF NOT EXISTS clienteling_consumers (name text PRIMARY KEY, state text NOT NULL);
      CREATE TABLE IF NOT EXISTS clienteling_ranges (name text, first integer, last integer NOT NULL,
        count integer NOT NULL, hash text NOT NULL, PRIMARY KEY (name, first));
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
    if (row === undefined) return null;
    const { checkpoint, range } = JSON.parse(String(row["state"])) as {
      checkpoint: Checkpoint;
      range: { from: number; count: number; hash: string };
    };
    return { checkpoint, range: new RangeHash(range.from, range.count, range.hash) };
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
    const { from, count, hash } = state.range;
    transaction
      .prepare(
        "INSERT INTO clienteling_consumers VALUES (?, ?) " +
          "ON CONFLICT (name) DO UPDATE SET state = excluded.state",
      )
      .run(this.#name, JSON.stringify({ checkpoint: state.checkpoint, range: { from, count, hash } }));
    const keep = transaction.prepare("INSERT OR REPLACE INTO clienteling_ranges VALUES (?, ?, ?, ?, ?)");
    for (const one of ended) keep.run(this.#name, one.from, one.to, one.count, one.hash);
    transaction.prepare("DELETE FROM clienteling_ranges WHERE name = ? AND first >= ?").run(this.#name, from);
  }
}
