/**
 * Commands on their way. Each is kept in the browser under its idempotency key before it is sent, so that a
 * lost link loses nothing and sends nothing twice; those of one person are sent in their order.
 */
import { hasCsrfToken, newKey, Offline, Problem, sendCommand, serverNow, setCsrfToken } from "./api.js";
import { changed } from "./live.js";
import { actorOf, findSession, session } from "./session.js";
import { Store } from "./store.js";

const NAME = "clienteling";
const TABLE = "commands";

/** What waits or was refused: `{ number, key, name, body, actor, label, at, problem }`, in order. */
export const queued = new Store([]);
/** Whether the last attempt to send met no answer. */
export const offline = new Store(!navigator.onLine);

let database = null;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function opened() {
  if (database) return database;
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () =>
    request.result.createObjectStore(TABLE, { keyPath: "number", autoIncrement: true });
  database = await done(request);
  return database;
}

const table = async (mode) => (await opened()).transaction(TABLE, mode).objectStore(TABLE);
const all = async () => done((await table("readonly")).getAll());

async function tellQueue() {
  queued.set(await all());
}

/**
 * Send a command, or keep it until there is a link. Resolves with `{ result }`, or `{ waiting: true }`.
 * Raises Problem when it is refused; then it is kept no longer, and the form can be corrected.
 */
export async function submit(name, body, label) {
  // Dated when it happens, not when the link comes back; and never changed under its key afterwards.
  const at = serverNow().toISOString();
  const dated = { occurred_at: at, ...body };
  const command = {
    key: newKey(),
    name,
    body: dated,
    label,
    at,
    actor: actorOf(session.value),
    problem: null,
  };
  command.number = await done((await table("readwrite")).add(command));
  await tellQueue();
  return inTurn(async () => {
    const waiting = (await all()).filter((one) => one.actor === command.actor && !one.problem);
    for (const one of waiting) {
      if (one.number > command.number) break;
      try {
        const result = await send(one);
        if (one.number === command.number) return { result };
      } catch (error) {
        if (error instanceof Offline) return { waiting: true };
        if (one.number !== command.number) continue;
        await forget(one.number);
        throw error;
      }
    }
    return { waiting: true };
  });
}

/** Send what waits, for whoever is signed in. */
export const flush = () =>
  inTurn(async () => {
    for (const one of await all()) {
      if (one.problem || one.actor !== actorOf(session.value)) continue;
      try {
        await send(one);
      } catch (error) {
        if (error instanceof Offline) return;
      }
    }
  });

/** Give up what was refused. */
export async function forget(number) {
  (await table("readwrite")).delete(number);
  await tellQueue();
}

async function send(command) {
  try {
    if (session.value?.role && !hasCsrfToken()) await findSession();
    // Not asked without a token, which would be refused: the link may come back between the two.
    if (session.value?.role && !hasCsrfToken()) throw new Offline("no session yet");
    if (actorOf(session.value) !== command.actor) throw new Offline("somebody else is signed in");
    const result = await sendCommand(command.name, command.body, command.key);
    offline.set(false);
    await forget(command.number);
    changed();
    return result;
  } catch (error) {
    if (error.code === "csrf_token_refused") setCsrfToken(null);
    if (error instanceof Offline || mayPass(error)) {
      offline.set(error instanceof Offline);
      throw new Offline(error.message);
    }
    command.problem = { code: error.code ?? "", message: error.message };
    await done((await table("readwrite")).put(command));
    await tellQueue();
    throw error;
  }
}

/** Refusals that are about the moment: signing in again, or waiting, helps. */
const mayPass = (error) =>
  error instanceof Problem &&
  ([401, 408, 429, 500, 503].includes(error.status) || error.code === "csrf_token_refused");

let last = Promise.resolve();

/** One after another, also over all tabs: nothing is sent twice at once or out of order. */
function inTurn(work) {
  const turn = last.then(() => navigator.locks.request("clienteling-queue", work));
  last = turn.catch(() => {});
  return turn;
}

addEventListener("online", () => flush());
addEventListener("offline", () => offline.set(true));
setInterval(() => {
  if (queued.value.some((one) => !one.problem)) flush();
}, 5_000);
opened().then(tellQueue).then(flush);
