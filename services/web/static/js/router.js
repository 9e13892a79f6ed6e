/** Addresses of the app, below /app. */
import { Store } from "./store.js";

const ROOT = "/app";

const here = () => ({
  parts: location.pathname.startsWith(ROOT)
    ? location.pathname
        .slice(ROOT.length + 1)
        .split("/")
        .filter(Boolean)
        .map(decodeURIComponent)
    : [],
  query: new URLSearchParams(location.search),
});

export const route = new Store(here());

export const hrefOf = (...parts) => [ROOT, ...parts.map(encodeURIComponent)].join("/");

export function go(href, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  route.set(here());
}

addEventListener("popstate", () => route.set(here()));

// Links of the app lead on without loading it again.
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey)
    return;
  const address = new URL(link.href);
  if (address.origin !== location.origin || link.target || !address.pathname.startsWith(ROOT)) return;
  event.preventDefault();
  go(address.pathname + address.search);
});
