/** Who is signed in. */
import { forgetReads, get, Offline, post, Problem, setCsrfToken } from "./api.js";
import { Store } from "./store.js";

const KEPT = "clienteling.person";

/** null: not known yet; `{ signedIn: false }`; else the session with `signedIn` true. */
export const session = new Store(null);

function keep(found) {
  if (session.value?.subject !== found.subject) forgetReads();
  setCsrfToken(found.csrf_token);
  const person = { ...found, csrf_token: null, signedIn: true };
  localStorage.setItem(KEPT, JSON.stringify(person));
  session.set(person);
}

/** Ask who is signed in. Without a link, whoever was signed in last goes on selling. */
export async function findSession() {
  try {
    keep(await get("/v1/session"));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) {
      localStorage.removeItem(KEPT);
      session.set({ signedIn: false });
      return;
    }
    if (!(error instanceof Offline) && !(error instanceof Problem)) throw error;
    const kept = localStorage.getItem(KEPT);
    session.set(kept ? JSON.parse(kept) : { signedIn: false, offline: true });
  }
}

export async function signInWithToken(token) {
  keep(await post("/auth/sign-in", { token }));
}

/** Ends the session; where a provider signed them in, the browser goes there to end that, too. */
export async function signOut() {
  const { end_session_url: address } = await post("/auth/sign-out");
  localStorage.removeItem(KEPT);
  forgetReads();
  if (address) location.assign(address);
  else session.set({ signedIn: false });
}

/** Whom commands of this browser are of; a queue keeps those of different people apart. */
export const actorOf = (person) => person?.actor ?? "anybody";
