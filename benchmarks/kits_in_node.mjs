// One consumer in Node, by the kit or by a bare loop: the seconds that it takes, printed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { DatabaseSync } from "node:sqlite";

const told = JSON.parse(process.argv[2]);
const { Consumer, consume, DOMAIN, Lineage, SqliteStore, STREAM } = await import(`${told.kit}/dist/index.js`);
const required = createRequire(`${told.kit}/package.json`);
const { connect, nkeyAuthenticator } = required("@nats-io/transport-node");
const { jetstream } = required("@nats-io/jetstream");

const connection = await connect({
  servers: told.url,
  authenticator: nkeyAuthenticator(new TextEncoder().encode(readFileSync(told.seed, "utf8").trim())),
  inboxPrefix: `_INBOX_${told.name}`,
});
const client = jetstream(connection, { domain: DOMAIN });

async function loop() {
  const pull = await client.consumers.get(STREAM, told.name);
  for (let taken = 0; taken < told.events; ) {
    for await (const message of await pull.fetch({ max_messages: told.batch, expires: 5_000 })) {
      message.ack();
      taken += 1;
    }
  }
}

async function kit() {
  const end = new AbortController();
  let handled = 0;
  const history = { lineage: async () => new Lineage(told.epochs) };
  const consumer = new Consumer(new SqliteStore(new DatabaseSync(told.database), told.name), history, {
    handle() {
      handled += 1;
      if (handled === told.events) end.abort();
    },
    setBack() {
      throw new Error("the log was not set back");
    },
  });
  await consume(client, told.name, consumer, { signal: end.signal, batchMax: told.batch });
}

const began = performance.now();
await (told.way === "kit" ? kit() : loop());
process.stdout.write(`${(performance.now() - began) / 1_000}\n`);
await connection.close();
