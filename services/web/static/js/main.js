/** Begins the app. */
import { Offline } from "./api.js";
import { html, render, useEffect, useState } from "./html.js";
import { startLive, stopLive } from "./live.js";
import { Screen, Trouble } from "./parts.js";
import { flush } from "./queue.js";
import { go, hrefOf, route } from "./router.js";
import { isScreen, loadScreen, screensOf } from "./screens.js";
import SignIn from "./screens/sign_in.js";
import { findSession, session } from "./session.js";
import { Shell } from "./shell.js";
import "./shortcuts.js";
import { useStore } from "./store.js";
import { t } from "./texts.js";

function App() {
  const person = useStore(session);
  const { parts, query } = useStore(route);
  useEffect(() => {
    if (!person?.signedIn) return undefined;
    startLive();
    flush();
    return stopLive;
  }, [person?.signedIn, person?.subject]);
  if (!person) return null;
  if (!person.signedIn) return html`<${SignIn} offline=${person.offline} />`;
  const name = parts[0] ?? screensOf(person)[0]?.name;
  return html`<${Shell} person=${person} open=${name}>
    <${Opened} key=${name} name=${name} parts=${parts.slice(1)} query=${query} person=${person} />
  <//>`;
}

/** A screen whose code comes when it is opened first. */
function Opened({ name, parts, query, person }) {
  const [screen, setScreen] = useState(null);
  const [error, setError] = useState(null);
  const load = () =>
    loadScreen(name)?.then(
      (module) => setScreen(() => module.default),
      () => setError(new Offline("")),
    );
  useEffect(() => {
    load();
  }, [name]);
  if (!isScreen(name))
    return html`<${Screen} title=${t("nowhere")}
      ><p><a href=${hrefOf()}>${t("to_start")}</a></p><//
    >`;
  if (error)
    return html`<${Screen} title=${t(`screen.${name}`)}><${Trouble} error=${error} again=${load} /><//>`;
  return screen && html`<${screen} parts=${parts} query=${query} person=${person} />`;
}

// Trusted Types: the one address that a script is started from by its name.
const policy = globalThis.trustedTypes?.createPolicy("clienteling", {
  createScriptURL: (address) => {
    if (address !== "/service-worker.js") throw new TypeError(address);
    return address;
  },
}) ?? { createScriptURL: (address) => address };

const root = document.getElementById("app");
root.replaceChildren();
render(html`<${App} />`, root);
if (location.pathname === "/") go("/app", { replace: true });
findSession();
if ("serviceWorker" in navigator)
  navigator.serviceWorker.register(policy.createScriptURL("/service-worker.js"));
