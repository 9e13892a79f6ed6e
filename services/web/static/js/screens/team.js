/** Team: who is in the red and why, acts to verify, books to hand over, goods nobody is credited with. */
import { html, useState } from "../html.js";
import { CommandForm, Dialog, Field, List, Loaded, Part, Screen } from "../parts.js";
import { nameOf, useRead } from "../reads.js";
import { day, inLine, money, number, percent, t, word } from "../texts.js";
import { Reject, Verify } from "./heroics.js";
import { Questions } from "./questions.js";
import { Sellers, sharesOf } from "./sellers.js";

const NOW = ["team", "pay", "heroics"];

export default function Team({ person }) {
  const [store, setStore] = useState(person.stores[0] ?? "");
  const path = store ? `/v1/stores/${encodeURIComponent(store)}/team` : null;
  const team = useRead(
    path,
    { limit: 100, include: "names" },
    (change) => !change.what || NOW.includes(change.what),
  );
  const [dialog, setDialog] = useState(null);
  const close = () => setDialog(null);
  const ask = (form, title, about) => () => setDialog({ form, title, ...about });
  return html`<${Screen} title=${t("screen.team")}>
    ${
      person.stores.length > 1 &&
      html`<${Field}
        label=${t("store")}
        as="select"
        value=${store}
        onChange=${(event) => setStore(event.target.value)}
      >
        ${person.stores.map((one) => html`<option value=${one}>${one}</option>`)}
      <//>`
    }
    <${Loaded} read=${team}
      >${(page) =>
        html`<div class="flow">
          <${Questions} key=${store} store=${store} person=${person} />
          <${Acts} page=${page} ask=${ask} /><${Books} page=${page} ask=${ask} /><${Deficits} page=${page} />
          <${Unattributed} page=${page} ask=${ask} /><${Outreach} page=${page} /><${Members} page=${page} />
        </div>`}<//
    >
    ${
      dialog &&
      html`<${Dialog} title=${dialog.title} onClose=${close}>
        <${dialog.form} ...${dialog} person=${person} store=${store} close=${close} />
      <//>`
    }
  <//>`;
}

const Listed = ({ title, of, shown, children }) =>
  html`<${Part} title=${title}><${List} of=${of} shown=${shown}>${children}<//><//>`;

function Deficits({ page }) {
  return html`<${Listed} title=${t("team.deficits")} of=${page.deficits}
    >${(one) =>
      html`<li key=${`${one.associate_id}${one.period_id}`}>
        <div class="card-head">
          <strong>${nameOf(page, one.associate_id)}</strong>
          <span class="quiet">${one.period_id}</span>
          <span class="amount minus end">${money(one.net_minor, one.currency)}</span>
        </div>
        <${List} of=${one.because} shown=${2}>
          ${(cause) =>
            html`<li key=${cause.return_id ?? cause.occurred_at} class="entry">
              <span>${inLine(word("posting", cause.kind), day(cause.occurred_at))}</span>
              <span class="amount">${money(-cause.amount_minor, one.currency)}</span>
            </li>`}<//
        >
        <div class="quiet">
          ${inLine(
            one.since && t("team.since", { day: day(one.since) }),
            `${t("statement.guarantee")} ${money(one.guarantee_minor, one.currency)}`,
          )}
        </div>
      </li>`}<//
  >`;
}

function Acts({ page, ask }) {
  return html`<${Listed} title=${t("team.acts")} of=${page.acts}
    >${(act) =>
      html`<li key=${act.act_id}>
        <div>
          <strong>${act.heroes.map((hero) => nameOf(page, hero)).join(", ")}</strong>:
          ${act.story ?? t("forgotten")}
        </div>
        <div class="buttons">
          <button type="button" class="main" onClick=${ask(Verify, t("heroics.verify"), { act })}>
            ${t("heroics.verify")}
          </button>
          <button type="button" onClick=${ask(Reject, t("heroics.reject"), { act })}>
            ${t("heroics.reject")}
          </button>
        </div>
      </li>`}<//
  >`;
}

function Books({ page, ask }) {
  return html`<${Listed} title=${t("team.books")} of=${page.books}
    >${(one) =>
      html`<li key=${one.associate_id}>
        <div>
          <strong>${nameOf(page, one.associate_id)}</strong>: ${t("book.total", { n: one.customers })}
        </div>
        <div class="quiet">
          ${inLine(
            one.last_day && t("team.last_day", { day: day(one.last_day) }),
            one.successors.length > 0 &&
              t("team.successors", { names: one.successors.map((who) => nameOf(page, who)).join(", ") }),
          )}
        </div>
        ${
          one.status !== "left" &&
          html`<button type="button" onClick=${ask(HandOver, t("team.hand_over"), { book: one })}>
            ${t("team.hand_over")}
          </button>`
        }
      </li>`}<//
  >`;
}

function Unattributed({ page, ask }) {
  return html`<${Listed} title=${t("team.unattributed")} of=${page.unattributed}
    >${(line) =>
      html`<li key=${`${line.sale_id}${line.line_no}`} class="entry">
        <div>
          ${line.description || line.sku}
          <div class="quiet">${day(line.sold_at)}</div>
        </div>
        <span class="amount">${money(line.net_minor, line.currency)}</span>
        <button
          type="button"
          class="plain"
          aria-label=${`${t("team.credit")}: ${line.description || line.sku}`}
          onClick=${ask(Credit, t("team.credit"), { line })}
        >
          ${t("team.credit")}
        </button>
      </li>`}<//
  >`;
}

/** Net commission in per cent of the guarantee, for each associate and period. */
function Members({ page }) {
  const periods = [...new Set(page.members.flatMap((one) => one.trend.map((period) => period.period_id)))].sort();
  const share = (one) => (one?.net_of_guarantee_bp == null ? "–" : percent(one.net_of_guarantee_bp));
  return html`<${Part} title=${t("team.trend")}>
    <div class="wide" tabindex="0" role="region" aria-label=${t("team.trend")}>
      <table>
        <thead>
          <tr>
            <th scope="col">${t("associate")}</th>
            ${periods.map((id) => html`<th scope="col" class="amount">${id}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${page.members.map(
            (one) =>
              html`<tr key=${one.associate_id}>
                <th scope="row">${nameOf(page, one.associate_id)}</th>
                ${periods.map(
                  (id) =>
                    html`<td class="amount">${share(one.trend.find((period) => period.period_id === id))}</td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  <//>`;
}

function Outreach({ page }) {
  return html`<${Listed} title=${t("team.outreach")} of=${page.outreach}
    >${(one) =>
      html`<li key=${one.associate_id}>
        <strong>${one.associate_id ? nameOf(page, one.associate_id) : t("team.nobody")}</strong>:
        ${" "}${t("team.kept", { kept: number(one.kept), due: number(one.due) })}
        <div class="quiet">
          ${inLine(
            t("team.reached", { n: one.customers_reached }),
            one.bought_afterwards.map((bought) =>
              t("heroics.bought", { amount: money(bought.net_minor, bought.currency) }),
            ),
          )}
        </div>
      </li>`}<//
  >`;
}

/** So many of the dearest customers are named. */
const DEALT_SHOWN = 12;

/** Who would get whom is shown first. */
function HandOver({ book, store, person, close }) {
  const [successors, setSuccessors] = useState([{ associate_id: "", percent: "100" }]);
  const chosen = successors.map((one) => one.associate_id).filter(Boolean);
  const path = chosen.length ? `/v1/associates/${book.associate_id}/hand-over-preview` : null;
  const preview = useRead(path, { limit: DEALT_SHOWN, successors: chosen.join(","), include: "names" });
  const commands = () =>
    chosen.length
      ? [
          [
            "associate-leaves",
            {
              associate_id: book.associate_id,
              successors: chosen,
              ...(book.last_day ? { left_on: book.last_day } : {}),
            },
          ],
        ]
      : t("missing", { what: t("team.successor") });
  return html`<${CommandForm}
    label=${t("team.hand_over")}
    button=${t("team.hand_over")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <${Sellers} heroes sellers=${successors} onChange=${setSuccessors} store=${store} person=${person} />
    ${path && html`<${Loaded} read=${preview}>${(found) => html`<ul class="plain-list">
      ${found.successors.map((one) => html`<li key=${one.associate_id}>
        ${nameOf(found, one.associate_id)}: ${t("book.total", { n: one.customers })}
        <span class="quiet">${inLine(
          found.customers
            .filter((customer) => customer.associate_id === one.associate_id)
            .map((customer) => found.names?.customers?.[customer.customer_id]),
        )}</span></li>`)}
    </ul>`}<//>`}
  <//>`;
}

function Credit({ line, store, person, close }) {
  const [sellers, setSellers] = useState([{ associate_id: "", percent: "100" }]);
  const commands = () => {
    const attribution = sharesOf(sellers);
    return typeof attribution === "string"
      ? attribution
      : [["correct-attribution", { sale_id: line.sale_id, line_no: line.line_no, attribution }]];
  };
  return html`<${CommandForm}
    label=${t("team.credit")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <p>${line.description || line.sku}</p>
    <${Sellers} sellers=${sellers} onChange=${setSellers} store=${store} person=${person} />
  <//>`;
}
