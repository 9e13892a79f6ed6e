/** The public API, as anybody's app would ask it: reads, commands, and problems as errors. */

/** A problem document (RFC 9457) that the API answered with; `code` is for programs, `message` for people. */
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail ?? document.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = document.code ?? "";
    this.errors = document.errors ?? [];
  }
}

/** Nobody answered: the link is gone, or the server is. */
export class Offline extends Error {}

let csrfToken = null;
// Reads ask for tables that have what this browser wrote (read-your-writes).
let written = 0;

// The clock of a device may be wrong: what happened is dated by the server's.
let clockDifference = 0;

/** The moment by the server's clock, as far as its answers told. */
export const serverNow = () => new Date(Date.now() + clockDifference);

/** Whether a session's commands can be sent: an app that began without a link has no token yet. */
export const hasCsrfToken = () => csrfToken !== null;
export const setCsrfToken = (token) => {
  csrfToken = token;
};

async function answered(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Offline(String(error));
  }
  const told = Date.parse(response.headers.get("Date"));
  // Whole seconds, cut off: never ahead of the server.
  if (told && Math.abs(told - Date.now()) > 2_000) clockDifference = told - Date.now();
  if (response.ok || response.status === 304) return response;
  let document = {};
  try {
    document = await response.json();
  } catch {
    // Whoever stands between may answer with anything.
  }
  if (response.status === 502 || response.status === 504) throw new Offline(`HTTP ${response.status}`);
  throw new Problem(response.status, document);
}

/** The address of a read; `params` that are null, undefined or empty are left out. */
function addressOf(path, params) {
  const given = Object.entries(params).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const query = new URLSearchParams(given).toString();
  return query ? `${path}?${query}` : path;
}

/** A GET, as JSON. */
export async function get(path, params = {}, signal = undefined) {
  return (await answered(addressOf(path, params), { signal })).json();
}

// What was read last, in memory alone: an answer that has not changed is not sent again (If-None-Match).
const KEPT_MAX = 60;
const kept = new Map();

/** Forget what was read: somebody else may sign in. */
export const forgetReads = () => kept.clear();

/** A read of projections that has what was written from here. */
export async function read(path, params = {}, signal = undefined) {
  const address = addressOf(path, params);
  const before = kept.get(address);
  const headers = before ? { "If-None-Match": before.tag } : {};
  const asked = written ? addressOf(path, { at_least: written, ...params }) : address;
  const response = await answered(asked, { signal, headers });
  const found = response.status === 304 ? before : { tag: response.headers.get("ETag"), data: await response.json() };
  kept.delete(address);
  if (found.tag) kept.set(address, found);
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value);
  return found.data;
}

/** A read as a table for a spreadsheet (CSV), to be saved. */
export async function readTable(path, params = {}) {
  const asked = { ...(written ? { at_least: written } : {}), ...params };
  return (await answered(addressOf(path, asked), { headers: { Accept: "text/csv" } })).blob();
}

/** A POST beside the commands: signing in and out. */
export async function post(path, body = undefined) {
  const headers = { "Content-Type": "application/json", ...(csrfToken ? { "X-CSRF-Token": csrfToken } : {}) };
  const options = { method: "POST", headers, body: body === undefined ? undefined : JSON.stringify(body) };
  const response = await answered(path, options);
  return response.status === 204 ? null : response.json();
}

/** Send a command; its result. Sending it again under the same key changes nothing. */
export async function sendCommand(name, body, key) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  if (csrfToken) headers["X-CSRF-Token"] = csrfToken;
  const options = { method: "POST", headers, body: JSON.stringify(body) };
  const result = await (await answered(`/v1/commands/${name}`, options)).json();
  written = Math.max(written, result.position);
  return result;
}

/** The id of something that comes into being, by its prefix: `sal`, `ret`, `cus`, `act`. */
export const newId = (prefix) => `${prefix}_${crypto.randomUUID().replaceAll("-", "")}`;

/** A key that no other command has. */
export const newKey = () => crypto.randomUUID();
