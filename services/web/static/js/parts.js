/** Parts that several screens are made of. */
import { Offline } from "./api.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { submit } from "./queue.js";
import { route } from "./router.js";
import { useStore } from "./store.js";
import { t } from "./texts.js";

/** Tell a reader of the screen what they cannot see. */
export function announce(text) {
  const region = document.getElementById("announcer");
  region.textContent = "";
  setTimeout(() => {
    region.textContent = text;
  }, 50);
}

let focused = null;
addEventListener("focusin", (event) => {
  focused = event.target;
});

/** A screen: its heading has the focus when it is opened, and when what had it is no more. */
export function Screen({ title, actions, children }) {
  const heading = useRef(null);
  const opened = useStore(route);
  useEffect(() => {
    document.title = `${title} · Clienteling`;
    heading.current.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [title, opened]);
  useEffect(() => {
    const gone = () => {
      if (document.activeElement === document.body && focused && !focused.isConnected)
        heading.current?.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(gone);
    observer.observe(document.getElementById("app"), { childList: true, subtree: true });
    return () => observer.disconnect();
  }, []);
  return html`<main id="main">
    <header class="screen-head">
      <h1 tabindex="-1" ref=${heading}>${title}</h1>
      ${actions}
    </header>
    ${children}
  </main>`;
}

/** What is read: children when it is there; else that it is loading, or what went wrong and a way to ask again. */
export function Loaded({ read, children }) {
  const { data, error, again } = read;
  if (data === null && !error) return html`<p class="quiet" role="status">${t("loading")}</p>`;
  return html`${error && html`<${Trouble} error=${error}
    again=${again} />`}${data !== null && children(data)}`;
}

export function Trouble({ error, again }) {
  const text = error instanceof Offline ? t("offline.read") : error.message;
  return html`<div class="trouble" role="alert">
    <p>${text}</p>
    ${again && html`<button type="button" onClick=${again}>${t("again")}</button>`}
  </div>`;
}

let lastId = 0;

/** A field with its label, and what is wrong with it. `as` is input, select or textarea. */
export function Field({ label, hint, wrong, as = "input", children, ...given }) {
  const id = useRef(`field-${(lastId += 1)}`).current;
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ") || null;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <${as} id=${id} aria-describedby=${described} aria-invalid=${wrong ? "true" : null} ...${given}
      >${children}<//
    >
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${wrong && html`<p class="wrong" id=${`${id}-wrong`}>${wrong}</p>`}
  </div>`;
}

/** A choice of several buttons of which one is pressed. */
export function Choice({ label, options, value, onChoose }) {
  return html`<div class="choice" role="group" aria-label=${label}>
    ${options.map(
      ([code, text]) =>
        html`<button type="button" key=${code} aria-pressed=${code === value} onClick=${() => onChoose(code)}>
          ${text}
        </button>`,
    )}
  </div>`;
}

/**
 * A form that sends commands: `commands()` gives `[name, body]` pairs, sent in order, or a text that says
 * what is missing. A function among them makes a pair of the results so far: it is left out without a link.
 * Without a link commands are kept and sent later; what is refused is shown. `send` is for what is no command.
 */
export function CommandForm({ label, button, commands, send = submit, told, onDone, onCancel, children }) {
  const [trouble, setTrouble] = useState(null);
  const [busy, setBusy] = useState(false);
  const sendAll = async (event) => {
    event.preventDefault();
    const given = commands();
    if (typeof given === "string") {
      setTrouble(given);
      return;
    }
    setBusy(true);
    setTrouble(null);
    try {
      let outcome = { result: null };
      const results = [];
      for (const one of given) {
        if (typeof one === "function" && outcome.waiting) break;
        const [name, body] = typeof one === "function" ? one(results) : one;
        outcome = await send(name, body, label);
        if (outcome.result) results.push(outcome.result);
      }
      const warnings = results.flatMap((result) => result.warnings ?? []).map((warning) => warning.message);
      announce([outcome.waiting ? t("queue.kept") : (told ?? t("done")), ...warnings].join(". "));
      onDone?.({ ...outcome, results, warnings });
    } catch (error) {
      setTrouble(
        [error.message, ...(error.errors ?? []).map((one) => one.message)]
          .filter((text, at, all) => all.indexOf(text) === at)
          .join(" "),
      );
    } finally {
      setBusy(false);
    }
  };
  return html`<form class="form" aria-label=${label} onSubmit=${sendAll} novalidate>
    ${children} ${trouble && html`<p class="wrong" role="alert">${trouble}</p>`}
    <div class="buttons">
      <button class="main" disabled=${busy}>${button ?? t("save")}</button>
      ${onCancel && html`<button type="button" onClick=${onCancel}>${t("cancel")}</button>`}
    </div>
  </form>`;
}

/** A dialog of the browser's own: it keeps the focus, and Escape closes it. */
export function Dialog({ title, onClose, children }) {
  const dialog = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    const opened = dialog.current;
    opened.showModal();
    return () => {
      // Nothing else can have the focus while it is open.
      opened.close();
      before?.focus?.();
    };
  }, []);
  return html`<dialog ref=${dialog} aria-labelledby="dialog-title" onClose=${onClose}>
    <header>
      <h2 id="dialog-title" tabindex="-1" autofocus>${title}</h2>
      <button type="button" class="plain" onClick=${() => dialog.current.close()} aria-label=${t("close")}>
        ✕
      </button>
    </header>
    ${children}
  </dialog>`;
}

/** A part of a screen, with its heading. */
export const Part = ({ title, children }) =>
  html`<section class="card">
    <h2>${title}</h2>
    ${children}
  </section>`;

/** A list of rows; of a long one only the first `shown`, until somebody wants all of it. */
export function List({ of, none, shown = 6, children }) {
  const [all, setAll] = useState(false);
  const list = useRef(null);
  if (!of.length) return html`<p class="quiet">${none ?? t("none")}</p>`;
  const cut = !all && of.length > shown + 1;
  const open = () => {
    setAll(true);
    // The button goes: the focus is with what came.
    requestAnimationFrame(() => {
      const next = list.current?.children[shown];
      if (!next) return;
      next.tabIndex = -1;
      next.focus();
    });
  };
  return html`<ul class="plain-list" ref=${list}>
      ${(cut ? of.slice(0, shown) : of).map(children)}
    </ul>
    ${cut && html`<button type="button" onClick=${open}>${t("show_all", { n: of.length })}</button>`}`;
}

export const Empty = ({ text }) => html`<p class="empty">${text}</p>`;
