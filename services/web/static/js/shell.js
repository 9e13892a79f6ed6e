/** What stands around every screen: navigation, the state of the link, and the menu. */
import { html, useState } from "./html.js";
import { Dialog } from "./parts.js";
import { flush, forget, offline, queued } from "./queue.js";
import { go, hrefOf } from "./router.js";
import { screensOf } from "./screens.js";
import { signOut } from "./session.js";
import { shortcutsOn, toggleShortcuts } from "./shortcuts.js";
import { useStore } from "./store.js";
import { chooseLanguage, language, LANGUAGES, moment, t, word } from "./texts.js";

export function Shell({ person, open, children }) {
  const [menu, setMenu] = useState(false);
  const keys = useStore(shortcutsOn);
  const screens = screensOf(person);
  return html`<a class="skip" href="#main">${t("skip")}</a>
    <div class="shell">
      <nav aria-label=${t("navigation")}>
        <ul>
          ${screens.map(
            ({ name, icon }, at) =>
              html`<li key=${name}>
                <a href=${hrefOf(name)} aria-current=${open === name ? "page" : null}>
                  <svg aria-hidden="true" viewBox="0 0 24 24"><path d=${icon} /></svg
                  ><span>${t(`screen.${name}`)}</span>
                  ${keys && html`<kbd aria-hidden="true">${at + 1}</kbd>`}</a
                >
              </li>`,
          )}
          <li>
            <button type="button" class="plain" onClick=${() => setMenu(true)} aria-haspopup="dialog">
              <svg aria-hidden="true" viewBox="0 0 24 24"><path d="M4 7h16M4 12h16M4 17h16" /></svg
              ><span>${t("menu")}</span>
            </button>
          </li>
        </ul>
      </nav>
      <div class="content"><${Link} /><${Queue} person=${person} />${children}</div>
    </div>
    ${menu && html`<${Menu} person=${person} onClose=${() => setMenu(false)} />`}`;
}

function Link() {
  return useStore(offline) ? html`<p class="banner" role="status">${t("offline.banner")}</p>` : null;
}

/** What waits to be sent, and what was refused afterwards, in words. */
function Queue({ person }) {
  const all = useStore(queued);
  const waiting = all.filter((one) => !one.problem);
  const refused = all.filter((one) => one.problem);
  const others = waiting.filter((one) => one.actor !== (person.actor ?? "anybody"));
  return html`${
    waiting.length > 0 &&
    html`<div class="banner" role="status">
      <p>
        ${t("queue.waiting", { n: waiting.length })}
        ${others.length > 0 && ` ${t("queue.others", { n: others.length })}`}
      </p>
      <button type="button" onClick=${() => flush()}>${t("queue.now")}</button>
    </div>`
  }
  ${
    refused.length > 0 &&
    html`<section class="trouble" aria-label=${t("queue.refused")}>
      <h2>${t("queue.refused")}</h2>
      <ul>
        ${refused.map(
          (one) =>
            html`<li key=${one.number}>
              <p><strong>${one.label}</strong>, ${moment(one.at)}: ${one.problem.message}</p>
              <button type="button" onClick=${() => forget(one.number)}>${t("queue.forget")}</button>
            </li>`,
        )}
      </ul>
    </section>`
  }`;
}

function Menu({ person, onClose }) {
  const keys = useStore(shortcutsOn);
  return html`<${Dialog} title=${t("menu")} onClose=${onClose}>
    <p>
      ${person.role ? t("signed_in_as", { name: person.name ?? person.subject ?? "", role: word("role", person.role) }) : t("auth_off")}
    </p>
    <div class="field">
      <label for="language">${t("language")}</label>
      <select id="language" value=${language} onChange=${(event) => chooseLanguage(event.target.value)}>
        ${Object.entries(LANGUAGES).map(([code, name]) => html`<option value=${code} lang=${code}>
          ${name}</option>`)}
      </select>
    </div>
    <label class="check"
      ><input type="checkbox" checked=${keys} onChange=${toggleShortcuts} /> ${t("shortcuts")}</label
    >
    <p><a href="/docs">${t("api_docs")}</a></p>
    ${person.role && html`<button type="button"
      onClick=${() => signOut().then(() => go("/app", { replace: true }))}>${t("sign_out")}</button>`}
  <//>`;
}
