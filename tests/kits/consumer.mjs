// A consumer in Node as another team writes it, of the package that is compiled in KIT: it keeps facts in
// SQLite. What the API would answer stands in a file that the test writes.
//
//     node consumer.mjs KIT URL SEED_FILE HOUSE_FILE DATABASE
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { DatabaseSync } from "node:sqlite";

const [kit, url, seed, house, path] = process.argv.slice(2);
const { Consumer, consume, DOMAIN, Lineage, SqliteStore } = await import(`${kit}/dist/index.js`);
const required = createRequire(`${kit}/package.json`);
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

const database = new DatabaseSync(path, { timeout: 10_000 });
database.exec("CREATE TABLE IF NOT EXISTS facts (position integer PRIMARY KEY, fact text NOT NULL)");
const consumer = new Consumer(new SqliteStore(database, "billing"), history, {
  handle(transaction, event) {
    const fact = new TextDecoder().decode(event.data);
    transaction.prepare("INSERT INTO facts VALUES (?, ?)").run(event.position, fact);
  },
  setBack(transaction, position) {
    transaction.prepare("DELETE FROM facts WHERE position > ?").run(position);
  },
});
const connection = await connect({
  servers: url,
  authenticator: nkeyAuthenticator(new TextEncoder().encode(readFileSync(seed, "utf8").trim())),
  inboxPrefix: "_INBOX_billing",
  maxReconnectAttempts: -1,
  reconnectTimeWait: 50,
});
const client = jetstream(connection, { domain: DOMAIN });
await consume(client, "billing", consumer, { signal: new AbortController().signal });
