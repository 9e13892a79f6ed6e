// A consumer in Node as another team writes it, of the package in PACKAGES/node_modules: it keeps facts in
// SQLite or PostgreSQL. What the API would answer stands in a file that the test writes. What it cannot handle
// (facts of customers in a table `closed` of PostgreSQL) is parked.
//
//     node consumer.mjs PACKAGES URL SEED_FILE HOUSE_FILE DATABASE
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { DatabaseSync } from "node:sqlite";

const [packages, url, seed, house, path] = process.argv.slice(2);
const required = createRequire(`${packages}/consumer.mjs`);
const kit = await import(`${packages}/node_modules/@clienteling/events/dist/index.js`);
const { Consumer, consume, DOMAIN, Lineage, Parking, PostgresStore, SqliteStore } = kit;
const { connect, nkeyAuthenticator } = required("@nats-io/transport-node");
const { jetstream } = required("@nats-io/jetstream");

const told = () => JSON.parse(readFileSync(house, "utf8"));
const history = {
  async lineage() {
    return new Lineage(told().epochs);
  },
  async end() {
    return told().log.at(-1)?.position ?? 0;
  },
  async *events(after, upTo) {
    const events = told().log.filter((one) => after < one.position && one.position <= upTo);
    yield events.map((one) => ({ ...one, data: new TextEncoder().encode(one.data) }));
  },
  async ranges() {
    throw new Error("nobody reconciles here");
  },
};

const fact = (event) => new TextDecoder().decode(event.data);

function inSqlite() {
  const database = new DatabaseSync(path, { timeout: 10_000 });
  database.exec("CREATE TABLE IF NOT EXISTS facts (position integer PRIMARY KEY, fact text NOT NULL)");
  return new Consumer(new SqliteStore(database, "billing"), history, {
    handle(transaction, event) {
      transaction.prepare("INSERT INTO facts VALUES (?, ?)").run(event.position, fact(event));
    },
    setBack(transaction, position) {
      transaction.prepare("DELETE FROM facts WHERE position > ?").run(position);
    },
  });
}

async function inPostgres() {
  const { Client } = required("pg");
  const client = new Client(path);
  await client.connect();
  const store = new PostgresStore(client, "billing");
  await store.makeTables();
  const handlers = {
    async handle(transaction, event) {
      await transaction.query("INSERT INTO facts VALUES ($1, $2)", [event.position, fact(event)]);
      const closed = await transaction.query("SELECT 1 FROM closed WHERE customer = $1", [event.customer]);
      if (closed.rows.length > 0) throw new Error(`no account of ${event.customer}`);
    },
    async setBack(transaction, position) {
      await transaction.query("DELETE FROM facts WHERE position > $1", [position]);
    },
  };
  return new Consumer(store, history, new Parking(store, handlers));
}

const consumer = path.startsWith("postgresql:") ? await inPostgres() : inSqlite();
const connection = await connect({
  servers: url,
  authenticator: nkeyAuthenticator(new TextEncoder().encode(readFileSync(seed, "utf8").trim())),
  inboxPrefix: "_INBOX_billing",
  maxReconnectAttempts: -1,
  reconnectTimeWait: 50,
});
const client = jetstream(connection, { domain: DOMAIN });
await consume(client, "billing", consumer, { signal: new AbortController().signal });
