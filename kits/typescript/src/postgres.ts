/** The checkpoint in PostgreSQL, with the package `pg`. */

import type { EventRange } from "./ranges.ts";
import { eventIn, eventText, type ParkedEvent, type ParkingStore, type State, stateIn, stateText } from "./store.ts";

/** What of a `Client` of `pg` is used. */
export interface PgClient {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

/**
 * Keeps it in the tables `clienteling_consumers`, `clienteling_ranges` and `clienteling_parked` of the client's
 * schema, those of the Python kit. The client is connected, and nobody else's.
 */
export class PostgresStore<Client extends PgClient> implements ParkingStore<Client> {
  readonly #client: Client;
  readonly #name: string;

  constructor(client: Client, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** Make the tables, unless they are there. */
  async makeTables(): Promise<void> {
    await this.#client.query(`
      CREATE TABLE IF NOT EXISTS clienteling_consumers (name text PRIMARY KEY, state text NOT NULL);
      CREATE TABLE IF NOT EXISTS clienteling_ranges (name text, first bigint, last bigint NOT NULL,
        count bigint NOT NULL, hash text NOT NULL, PRIMARY KEY (name, first));
      CREATE TABLE IF NOT EXISTS clienteling_parked (name text, key text, position bigint,
        why text NOT NULL, event text NOT NULL, PRIMARY KEY (name, key, position));
    `);
  }

  /** A transaction; two processes of one name take turns. */
  async transaction<T>(work: (transaction: Client) => Promise<T>): Promise<T> {
    await this.#client.query("BEGIN");
    try {
      await this.#client.query("SELECT pg_advisory_xact_lock(hashtextextended('clienteling ' || $1, 0))", [
        this.#name,
      ]);
      const done = await work(this.#client);
      await this.#client.query("COMMIT");
      return done;
    } catch (error) {
      // The connection may be gone, and the transaction with it: what is told is why.
      await this.#client.query("ROLLBACK").catch(() => undefined);
      throw error;
    }
  }

  async load(): Promise<State | null> {
    const query = "SELECT state FROM clienteling_consumers WHERE name = $1";
    const [row] = (await this.#client.query(query, [this.#name])).rows;
    return row === undefined ? null : stateIn(String(row["state"]));
  }

  async ranges(): Promise<EventRange[]> {
    const query = "SELECT first, last, count, hash FROM clienteling_ranges WHERE name = $1 ORDER BY first";
    const { rows } = await this.#client.query(query, [this.#name]);
    return rows.map((row) => ({
      from: Number(row["first"]),
      to: Number(row["last"]),
      count: Number(row["count"]),
      hash: String(row["hash"]),
    }));
  }

  async save(transaction: Client, state: State, ended: readonly EventRange[] = []): Promise<void> {
    await transaction.query(
      "INSERT INTO clienteling_consumers VALUES ($1, $2) " +
        "ON CONFLICT (name) DO UPDATE SET state = excluded.state",
      [this.#name, stateText(state)],
    );
    for (const one of ended) {
      await transaction.query(
        "INSERT INTO clienteling_ranges VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name, first) " +
          "DO UPDATE SET last = excluded.last, count = excluded.count, hash = excluded.hash",
        [this.#name, one.from, one.to, one.count, one.hash],
      );
    }
    await transaction.query("DELETE FROM clienteling_ranges WHERE name = $1 AND first >= $2", [
      this.#name,
      state.range.from,
    ]);
  }

  async savepoint(transaction: Client, work: () => Promise<void>): Promise<void> {
    await transaction.query("SAVEPOINT clienteling");
    try {
      await work();
    } catch (error) {
      await transaction.query("ROLLBACK TO clienteling");
      throw error;
    } finally {
      await transaction.query("RELEASE clienteling");
    }
  }

  async park(transaction: Client, { key, why, event }: ParkedEvent): Promise<void> {
    await transaction.query(
      "INSERT INTO clienteling_parked VALUES ($1, $2, $3, $4, $5) " +
        "ON CONFLICT (name, key, position) DO UPDATE SET why = excluded.why",
      [this.#name, key, event.position, why, eventText(event)],
    );
  }

  async unpark(transaction: Client, { key, event }: ParkedEvent): Promise<void> {
    await transaction.query(
      "DELETE FROM clienteling_parked WHERE name = $1 AND key = $2 AND position = $3",
      [this.#name, key, event.position],
    );
  }

  async unparkBehind(transaction: Client, position: number): Promise<void> {
    await transaction.query("DELETE FROM clienteling_parked WHERE name = $1 AND position > $2", [
      this.#name,
      position,
    ]);
  }

  async parked(key?: string, limit?: number): Promise<ParkedEvent[]> {
    const { rows } = await this.#client.query(
      "SELECT key, why, event FROM clienteling_parked WHERE name = $1 AND ($2::text IS NULL OR key = $2) " +
        "ORDER BY position LIMIT $3",
      [this.#name, key ?? null, limit ?? null],
    );
    return rows.map((row) => ({
      key: String(row["key"]),
      why: String(row["why"]),
      event: eventIn(String(row["event"])),
    }));
  }
}
