/** A customer's card: who they are, what they love, what was promised, and what to write down. */
import { Chart } from "../chart.js";
import { html, useMemo, useState } from "../html.js";
import { Dialog, List, Loaded, Part, Screen } from "../parts.js";
import { nameOf, useRead } from "../reads.js";
import { hrefOf } from "../router.js";
import { day, inLine, money, number, t, word } from "../texts.js";
import { FORMS } from "./customer_forms.js";
import { Reach } from "./reach.js";

const ADDING = ["contact", "follow_up", "note", "wish"];
const SELDOM = [
  "size",
  "taste",
  "occasion",
  "point",
  "preferences",
  "name",
];

export default function Customer({ parts, person }) {
  const [id] = parts;
  const concerns = (change) => change.customer_id === undefined || change.customer_id === id;
  const card = useRead(`/v1/associates/${person.associate_id}/book/${id}`, { include: "names" }, concerns);
  const [form, setForm] = useState(null);
  const close = () => setForm(null);
  const name = card.data
    ? (card.data.summary.name ?? card.data.summary.reference ?? t("no_name"))
    : t("customer");
  return html`<${Screen} title=${name}>
    <${Loaded} read=${card}
      >${(found) => html`
        ${found.summary.address_as && html`<p class="quiet">
          ${t("card.called", { name: found.summary.address_as })}</p>`}
        <${Reach} points=${found.contact_points} channels=${CHANNELS.filter((one) => found.preferences[one])}
          addressed=${false} />
        <div role="group" aria-label=${t("card.write_down")}>
          <div class="buttons">${ADDING.map((one) => html`<${Adding} key=${one} one=${one} open=${setForm} />`)}</div>
          <details>
            <summary>${t("card.more")}</summary>
            <div class="buttons">
              ${SELDOM.map((one) => html`<${Adding} key=${one} one=${one} open=${setForm} />`)}
            </div>
          </details>
        </div>
        <div class="flow">
          <${Promises} card=${found} person=${person} /><${Wishes} card=${found} /><${Facts} card=${found} />
          <${Score} id=${id} since=${found.registered_at} concerns=${concerns} />
          <${Purchases} card=${found} /><${Contacts} card=${found} /><${Notes} card=${found} /><${Heroics}
            card=${found} />
        </div>
        ${form && html`<${Dialog} title=${t(`add.${form}`)} onClose=${close}><${FORMS[form]} card=${found}
          customer=${id} person=${person} close=${close} /><//>`}
      `}<//
    >
  <//>`;
}

const CHANNELS = ["call", "text", "write"];

const Adding = ({ one, open }) =>
  html`<button type="button" onClick=${() => open(one)}>${t(`add.${one}`)}</button>`;

function Facts({ card }) {
  const { summary } = card;
  const likes = Object.entries(card.tastes).flatMap(([kind, values]) =>
    values.map((value) => `${value} (${word("taste", kind)})`),
  );
  return html`<${Part} title=${t("card.who")}
    ><dl>
      <dt>${t("card.reach")}</dt>
      <dd>
        ${card.contact_points.length ? card.contact_points.map((point) => html`<div
          key=${point.contact_point_id}><${Point} point=${point} /></div>`) : t("none")}
      </dd>
      <dt>${t("card.agreed")}</dt>
      <dd>
        ${CHANNELS.map((one) => `${word("channel", one)}: ${card.preferences[one] ? t("yes") : t("no")}`).join(", ")}
      </dd>
      <dt>${t("card.sizes")}</dt>
      <dd>
        ${card.sizes.map((one) => `${one.kind} ${one.size}${one.label ? ` (${one.label})` : ""}`).join(", ") || t("none")}
      </dd>
      <dt>${t("card.likes")}</dt>
      <dd>${likes.join(", ") || t("none")}</dd>
      <dt>${t("card.occasions")}</dt>
      <dd>
        ${card.occasions.map((one) => `${word("occasion", one.kind)} ${day(one.on)}`).join(", ") || t("none")}
      </dd>
      <dt>${t("card.spend")}</dt>
      <dd>
        ${inLine(
          money(summary.net_spend_minor, summary.currency),
          t("visits", { n: summary.visits }),
          card.usual_gap_days && t("card.rhythm", { n: card.usual_gap_days }),
        )}
      </dd>
      <dt>${t("card.since")}</dt>
      <dd>${day(card.registered_at)}</dd>
      <dt>${t("card.owners")}</dt>
      <dd>
        ${card.owners.map((one) => `${nameOf(card, one.associate_id)} (${word("owner", one.role)})`).join(", ") || t("none")}
      </dd>
    </dl><//
  >`;
}

const LINKS = { phone: "tel:", email: "mailto:" };

function Point({ point }) {
  return LINKS[point.kind]
    ? html`<a href=${LINKS[point.kind] + point.value.replace(/\s/g, "")}>${point.value}</a>`
    : point.value;
}

function Promises({ card, person }) {
  const [kept, setKept] = useState(null);
  if (!card.follow_ups.length && !card.completed_follow_ups.length) return null;
  return html`<${Part} title=${t("card.promises")}>
    <${List} of=${card.follow_ups}
      >${(one) =>
        html`<li key=${one.follow_up_id}>
          <p>${day(one.due_on)}: ${one.reason}</p>
          <button type="button" onClick=${() => setKept(one)}>${t("card.kept")}</button>
        </li>`}<//
    >
    ${card.completed_follow_ups.length > 0 && html`<p class="quiet">
      ${t("card.kept_before", { n: card.follow_ups_kept })}</p>`}
    ${kept && html`<${Dialog} title=${t("card.kept")} onClose=${() => setKept(null)}>
      <${FORMS.kept} follow_up=${kept} customer=${card.summary.customer_id} person=${person}
        close=${() => setKept(null)} /><//>`}
  <//>`;
}

function Wishes({ card }) {
  if (!card.wishes.length) return null;
  const what = (wish) =>
    [wish.label, wish.sku, wish.size && t("size", { size: wish.size })].filter(Boolean).join(", ") ||
    wish.note;
  return html`<${Part} title=${t("card.wishes")}
    ><${List} of=${card.wishes}
      >${(wish) =>
        html`<li key=${wish.wish_id}>
          ${what(wish)}${wish.note && what(wish) !== wish.note && html` <span class="quiet">
            ${wish.note}</span>`}
          ${" "}<span class="tag"
            >${wish.fulfilled_at ? t("card.fulfilled", { day: day(wish.fulfilled_at) }) : t("card.open")}</span
          >
        </li>`}<//
    ><//
  >`;
}

function Purchases({ card }) {
  if (!card.purchases.length) return null;
  return html`<${Part} title=${t("card.purchases")}
    ><${List} of=${card.purchases}
      >${(sale) =>
        html`<li key=${sale.sale_id} class="entry">
          <div>
            ${sale.items.join(", ")}
            <div class="quiet">${day(sale.sold_at)}</div>
          </div>
          <span class="amount">${money(sale.net_minor, sale.currency)}</span>
          <a
            class="button plain"
            href=${`${hrefOf("sell", "return")}?sale=${sale.sale_id}`}
            aria-label=${t("back.of", { what: sale.items.join(", ") })}
            >${t("sell.back")}</a
          >
        </li>`}<//
    ><//
  >`;
}

function Contacts({ card }) {
  if (!card.contacts.length) return null;
  return html`<${Part} title=${t("card.contacts")}
    ><${List} of=${card.contacts}
      >${(one) =>
        html`<li key=${one.contact_id}>
          ${inLine(
            day(one.contacted_at),
            word("channel", one.channel),
            word("purpose", one.purpose),
            one.answered && t("card.answered"),
          )}
        </li>`}<//
    ><//
  >`;
}

function Notes({ card }) {
  if (!card.notes.length) return null;
  return html`<${Part} title=${t("card.notes")}
    ><${List} of=${card.notes}
      >${(note) => html`<li key=${note.note_id}>${note.text}
        <div class="quiet">${day(note.written_at)}</div></li>`}<//
    ><//
  >`;
}

function Heroics({ card }) {
  if (!card.heroics.length) return null;
  return html`<${Part} title=${t("card.heroics")}
    ><${List} of=${card.heroics}
      >${(act) => html`<li key=${act.act_id ?? act}>
        ${act.story ?? word("heroic", act.kind ?? "other")}
        <div class="quiet">${day(act.happened_on)}</div></li>`}<//
    ><//
  >`;
}

function Score({ id, since, concerns }) {
  const score = useRead(`/v1/customers/${id}/score`, {}, concerns);
  const course = useRead(`/v1/customers/${id}/score/history`, { step_days: 7 }, concerns);
  const points = useMemo(
    () =>
      course.data?.points
        .filter((one) => one.as_of >= since)
        .map((one) => ({ on: one.as_of, value: one.score })),
    [course.data, since],
  );
  return html`<${Part} title=${t("score")}
    ><${Loaded} read=${score}
      >${(found) => html`
        <p class="big">${number(found.score)}<span class="quiet"> / ${number(1000)}</span></p>
        <ul class="plain-list">
          ${found.components.map(
            (part) =>
              html`<li key=${part.name} class="component">
                <span>${word("component", part.name)}</span>
                <meter
                  min="0"
                  max=${part.points_max}
                  value=${part.points}
                  aria-label=${word("component", part.name)}
                ></meter>
                <span class="amount">${number(part.points)} / ${number(part.points_max)}</span>
                <div class="quiet">${part.reason}</div>
              </li>`,
          )}
        </ul>
        ${points?.length > 1 && html`<${Chart} label=${t("card.course")} points=${points} min=${0}
          max=${1000} />`}
      `}<//
    ><//
  >`;
}
