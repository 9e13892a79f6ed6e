// Callers of Emmett's event store on PostgreSQL: each appends the two events of one sale after another, to a
// stream that must not exist yet.
//
//     node emmett_callers.mjs DATABASE_URL CALLERS SECONDS EVENTS
//
// Prints JSON as our_callers does. Every caller has a connection of its own.
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';

const [url, callers, seconds, file] = process.argv.slice(2);
const sales = JSON.parse(readFileSync(file, 'utf8')).map((pair) =>
  pair.map(({ topic, data }) => ({ type: topic, data: JSON.parse(data) })),
);
const pool = new pg.Pool({ connectionString: url, max: Number(callers) });
const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } });
await store.schema.migrate();

const takenMs = [];
const began = performance.now();
const processorBegan = process.cpuUsage();
const until = began + Number(seconds) * 1000;

async function sell(caller) {
  for (let number = caller; performance.now() < until; number += Number(callers)) {
    const at = performance.now();
    await store.appendToStream(`sale-${randomUUID()}`, sales[number % sales.length], {
      expectedStreamVersion: 0n,
    });
    takenMs.push(performance.now() - at);
  }
}

await Promise.all(Array.from({ length: Number(callers) }, (_, caller) => sell(caller)));
const took = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(processorBegan);
const processorSeconds = (user + system) / 1e6;
console.log(JSON.stringify({ taken_ms: takenMs, seconds: took, processor_seconds: processorSeconds }));
await store.close().catch(() => {});
await pool.end().catch(() => {});
process.exit(0);
