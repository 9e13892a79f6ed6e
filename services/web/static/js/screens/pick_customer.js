/** Finds a customer of the house by name, number, mail or receipt; none is a choice, too. */
import { html, useState } from "../html.js";
import { Field, Trouble } from "../parts.js";
import { useRead, useSettled } from "../reads.js";
import { t } from "../texts.js";

export function PickCustomer({ picked, onPick }) {
  const [typed, setTyped] = useState("");
  const q = useSettled(typed.trim(), 250);
  const found = useRead(q.length > 1 && !picked ? "/v1/customers" : null, { q }, () => false);
  if (picked) {
    return html`<p class="picked">
      ${t("customer")}: <strong>${picked.name ?? picked.customer_id}</strong>
      <button type="button" onClick=${() => onPick(null)}>${t("other_customer")}</button>
    </p>`;
  }
  return html`<${Field}
      label=${t("sell.customer")}
      hint=${t("sell.customer_hint")}
      type="search"
      autocomplete="off"
      value=${typed}
      onInput=${(event) => setTyped(event.target.value)}
    />
    ${found.error && q.length > 1 && html`<${Trouble} error=${found.error} />`}
    ${
      found.data &&
      html`<ul class="cards" aria-label=${t("found")}>
          ${found.data.customers.map(
            (one) =>
              html`<li key=${one.customer_id}>
                <button
                  type="button"
                  onClick=${() => {
                    setTyped("");
                    onPick(one);
                  }}
                >
                  ${one.name ?? t("no_name")}
                  <small>${one.contact_points.map((point) => point.value).join(" · ")}</small>
                </button>
              </li>`,
          )}
        </ul>
        ${found.data.customers.length === 0 && html`<p class="quiet" role="status">
          ${t("book.none_found")}</p>`}`
    }`;
}
