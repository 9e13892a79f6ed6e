/** What changed, told by the API as it happens; what is shown is read again. */
import { useEffect, useState } from "./html.js";

const followers = new Set();
let source = null;

/** Say that something changed: `{ what, associate_id, customer_id, store_id }`; empty means anything may have. */
export function changed(change = {}) {
  for (const follower of [...followers]) follower(change);
}

export function startLive() {
  stopLive();
  source = new EventSource("/v1/live");
  source.addEventListener("change", (event) => changed(JSON.parse(event.data)));
  source.addEventListener("reset", () => changed());
}

export function stopLive() {
  source?.close();
  source = null;
}

/** Rises when something that `concerns` says yes to has changed; several changes of one moment count once. */
export function useChanges(concerns) {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    let timer = 0;
    const follower = (change) => {
      if (Object.keys(change).length && !concerns(change)) return;
      clearTimeout(timer);
      timer = setTimeout(() => setVersion((before) => before + 1), 50);
    };
    followers.add(follower);
    return () => {
      clearTimeout(timer);
      followers.delete(follower);
    };
  }, []);
  return version;
}
