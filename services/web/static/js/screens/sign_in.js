/** Signing in: at the provider, as one of the demo's people, or with a token for development. */
import { get } from "../api.js";
import { html, useEffect, useState } from "../html.js";
import { Field, Loaded, Screen, Trouble } from "../parts.js";
import { go } from "../router.js";
import { findSession, signInWithToken } from "../session.js";
import { t, word } from "../texts.js";

export default function SignIn({ offline }) {
  const [ways, setWays] = useState({ data: null, error: null });
  const [error, setError] = useState(null);
  const ask = () =>
    get("/auth/methods").then(
      (data) => setWays({ data, error: null }),
      (failed) => setWays({ data: null, error: failed }),
    );
  useEffect(() => {
    ask();
  }, []);
  const enter = (token) => {
    setError(null);
    signInWithToken(token).then(() => go("/app", { replace: true }), setError);
  };
  return html`<${Screen} title=${t("sign_in")}>
    ${offline && html`<p class="banner" role="status">${t("offline.sign_in")}</p>`}
    ${error && html`<${Trouble} error=${error} />`}
    <${Loaded}
      read=${{
        ...ways,
        again: () => {
          ask();
          findSession();
        },
      }}
      >${(found) => html`
        ${found.provider && html`<p><a class="button main"
          href=${`/auth/sign-in?return_to=${encodeURIComponent(location.pathname)}`}>
            ${t("sign_in.provider")}</a></p>`}
        ${found.people.length > 0 && html`<${People} people=${found.people} enter=${enter} />`}
        ${found.token && html`<${Token} enter=${enter} />`}
      `}<//
    >
  <//>`;
}

const ROLES = ["associate", "manager", "point_of_sale", "payroll", "ops", "auditor"];

/** The people of the demo, by role. */
function People({ people, enter }) {
  return html`<p>${t("sign_in.demo")}</p>
    <div class="people">
      ${ROLES.map((role) => {
        const having = people.filter((person) => person.role === role);
        return (
          having.length > 0 &&
          html`<section key=${role} aria-labelledby=${`role-${role}`}>
            <h2 id=${`role-${role}`}>${word("role", role)}</h2>
            <ul class="cards">
              ${having.map(
                (person) =>
                  html`<li key=${person.name ?? person.stores.join()}>
                    <button type="button" onClick=${() => enter(person.token)}>
                      ${person.name ?? word("role", role)}<small>${person.stores.join(", ")}</small>
                    </button>
                  </li>`,
              )}
            </ul>
          </section>`
        );
      })}
    </div>`;
}

function Token({ enter }) {
  const [token, setToken] = useState("");
  return html`<details>
    <summary>${t("sign_in.token")}</summary>
    <form
      class="form"
      onSubmit=${(event) => {
        event.preventDefault();
        enter(token.trim());
      }}
    >
      <${Field}
        label=${t("sign_in.token_label")}
        hint=${t("sign_in.token_hint")}
        as="textarea"
        rows="3"
        value=${token}
        autocomplete="off"
        spellcheck=${false}
        onInput=${(event) => setToken(event.target.value)}
      />
      <div class="buttons"><button class="main" disabled=${!token.trim()}>${t("sign_in")}</button></div>
    </form>
  </details>`;
}
