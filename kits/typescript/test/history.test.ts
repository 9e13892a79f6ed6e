/** HttpHistory comes again when it is told to, and says what it is refused. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { HttpHistory, Refused, Unanswered } from "../src/history.ts";

/** Instead of a status: the connection is closed. */
const LOST = 0;

async function answering(statuses: number[], act: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => {
    const status = statuses.shift() ?? 200;
    if (status === LOST) {
      response.destroy();
      return;
    }
    const headers = { "Retry-After": "0", Connection: "close", "Clienteling-Position": "12" };
    response.writeHead(status, headers);
    response.end(JSON.stringify({ epochs: [{ epoch: "a", common_position: 0 }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

test("it comes again when it is told to", async () => {
  await answering([429, 503], async (url) => {
    assert.equal((await new HttpHistory(url).lineage()).current, "a");
  });
});

test("it says what it is refused", async () => {
  await answering([403], async (url) => {
    await assert.rejects(new HttpHistory(url).lineage(), /epochs answers 403/);
  });
});

test("it comes again after an error of the server", async () => {
  await answering([500, 502, 504], async (url) => {
    assert.equal(await new HttpHistory(url).end(), 12);
  });
});

test("a token that is not taken is asked for once more", async () => {
  let asked = 0;
  const token = () => `token-${++asked}`;
  await answering([401], async (url) => {
    assert.equal(await new HttpHistory(url, token).end(), 12);
  });
  assert.equal(asked, 2);
  await answering([401, 401], async (url) => {
    await assert.rejects(new HttpHistory(url, token).end(), (error) => {
      return error instanceof Refused && error.status === 401;
    });
  });
  assert.equal(asked, 4);
});

test("it comes again when the connection was lost", async () => {
  await answering([LOST], async (url) => {
    assert.equal(await new HttpHistory(url).end(), 12);
  });
});

test("it does not wait for ever for one who refuses connections", async () => {
  let gone = "";
  await answering([], async (url) => {
    gone = url;
  });
  await assert.rejects(new HttpHistory(gone, undefined, 30, 1.5).lineage(), Unanswered);
});
