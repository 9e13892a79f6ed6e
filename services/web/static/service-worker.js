/**
 * Keeps the app itself, so that it opens without a link. What the API answers is kept nowhere: it is about
 * people, and belongs to whoever is signed in.
 */
const VERSION = "{version}";
const FILES = "{files}";

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(VERSION)
      .then((cache) => cache.addAll(["/app", ...FILES]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const old = caches
    .keys()
    .then((names) =>
      Promise.all(names.filter((name) => name !== VERSION).map((name) => caches.delete(name))),
    );
  event.waitUntil(old.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/assets/")) {
    event.respondWith(caches.match(event.request).then((kept) => kept ?? fetch(event.request)));
  } else if (
    event.request.mode === "navigate" &&
    (pathname === "/" || pathname === "/app" || pathname.startsWith("/app/"))
  ) {
    // The newest app where there is a link, the kept one where there is none.
    event.respondWith(
      fetch(event.request).catch(() => caches.open(VERSION).then((cache) => cache.match("/app"))),
    );
  }
});
