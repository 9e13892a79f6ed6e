/** Payroll: the pay calendar, everybody's statements, whose hours are missing; close, and export. */
import { read } from "../api.js";
import { html, useState } from "../html.js";
import { CommandForm, Dialog, Empty, Field, Loaded, Screen } from "../parts.js";
import { nameOf, useRead } from "../reads.js";
import { hrefOf } from "../router.js";
import { day, dayFromNow, hours, inLine, money, t, word } from "../texts.js";
import { Questions } from "./questions.js";

export default function Payroll({ parts, person }) {
  const [scope, id] = parts;
  return id
    ? html`<${Period} key=${scope + id} scope=${scope} id=${id} />`
    : html`<${Calendar} person=${person} />`;
}

function Calendar({ person }) {
  const periods = useRead("/v1/pay-periods", { limit: 50 });
  const [opening, setOpening] = useState(false);
  const close = () => setOpening(false);
  return html`<${Screen}
    title=${t("screen.payroll")}
    actions=${html`<button type="button" onClick=${() => setOpening(true)}>${t("payroll.open")}</button>`}
  >
    <${Loaded} read=${periods}
      >${(page) => html`
        ${page.periods.length === 0 && html`<${Empty} text=${t("payroll.none")} />`}
        <ul class="cards">
          ${page.periods.map(
            (one) =>
              html`<li class="card row" key=${one.scope + one.period_id}>
                <a class="whole" href=${hrefOf("payroll", one.scope, one.period_id)}
                  ><span class="card-head"
                    ><strong>${one.period_id}</strong>
                    <span class="tag">${word("period", one.status)}</span></span
                  >
                  <span class="quiet">${day(one.starts_on)} – ${day(one.ends_on)} · ${one.scope}</span></a
                >
              </li>`,
          )}
        </ul>
        <${Questions} person=${person} />
        ${opening && html`<${Dialog} title=${t("payroll.open")} onClose=${close}><${Open}
          last=${page.periods[0]} close=${close} /><//>`}
      `}<//
    >
  <//>`;
}

const dayAfter = (on, days) =>
  new Date(Date.parse(`${on}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
const lengthOf = (period) =>
  Math.round((Date.parse(period.ends_on) - Date.parse(period.starts_on)) / 86_400_000);

/** The next period: as long as the last one, and right behind it. */
function Open({ last, close }) {
  const [id, setId] = useState("");
  const [from, setFrom] = useState(last ? dayAfter(last.ends_on, 1) : dayFromNow(0));
  const [to, setTo] = useState(last ? dayAfter(last.ends_on, 1 + lengthOf(last)) : dayFromNow(13));
  const commands = () =>
    id.trim()
      ? [
          [
            "open-pay-period",
            {
              scope: last?.scope ?? "company",
              period_id: id.trim(),
              starts_on: from,
              ends_on: to,
              time_zone: last?.time_zone ?? "UTC",
            },
          ],
        ]
      : t("missing", { what: t("name") });
  return html`<${CommandForm}
    label=${t("payroll.open")}
    button=${t("payroll.open")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <${Field}
      label=${t("name")}
      value=${id}
      autocomplete="off"
      onInput=${(event) => setId(event.target.value)} />
    <${Field}
      label=${t("payroll.from")}
      type="date"
      value=${from}
      onInput=${(event) => setFrom(event.target.value)} />
    <${Field}
      label=${t("payroll.to")}
      type="date"
      value=${to}
      onInput=${(event) => setTo(event.target.value)}
  /><//>`;
}

function Period({ scope, id }) {
  const path = `/v1/pay-periods/${encodeURIComponent(id)}`;
  const periods = useRead("/v1/pay-periods", { limit: 200, scope });
  const missing = useRead(`${path}/missing-hours`, { scope, limit: 200, include: "names" });
  const statements = useRead(`${path}/statements`, { limit: 200, include: "names" });
  const [form, setForm] = useState(null);
  const close = () => setForm(null);
  const period = periods.data?.periods.find((one) => one.period_id === id);
  const buttons =
    period &&
    html`<div class="buttons">
      ${period.status === "open" && html`<button type="button" class="main" onClick=${() => setForm("close")}>
        ${t("payroll.close")}</button>`}
      ${period.status === "closed" && !statements.data?.statements.length && html`<button type="button"
        onClick=${() => setForm("reopen")}>${t("payroll.reopen")}</button>`}
      <button type="button" onClick=${() => exportStatements(path, id)}>${t("payroll.export")}</button>
    </div>`;
  return html`<${Screen} title=${t("payroll.period", { id })} actions=${buttons}>
    <p><a href=${hrefOf("payroll")}>${t("payroll.all")}</a></p>
    ${period && html`<p class="quiet">
      ${inLine(`${day(period.starts_on)} – ${day(period.ends_on)}`, word("period", period.status), scope)}</p>`}
    <section class="card">
      <h2>${t("payroll.missing")}</h2>
      <${Loaded} read=${missing}
        >${(page) =>
          page.missing.length === 0
            ? html`<p class="quiet">${t("none")}</p>`
            : html` <ul class="plain-list">
                ${page.missing.map(
                  (one) =>
                    html`<li key=${one.associate_id} class="entry">
                      <span>${inLine(nameOf(page, one.associate_id), one.store_id)}</span>
                      <span class="amount end"
                        >${Object.entries(one.sales_minor)
                          .map(([currency, amount]) => money(amount, currency))
                          .join(", ")}</span
                      >
                    </li>`,
                )}
              </ul>`}<//
      >
    </section>
    <section class="card">
      <h2>${t("payroll.statements")}</h2>
      <${Loaded} read=${statements}>${(page) => html`<${Statements} page=${page} />`}<//>
    </section>
    ${form && html`<${Dialog} title=${t(`payroll.${form}`)} onClose=${close}><${FORMS[form]}
      period=${period} missing=${missing.data} close=${close} /><//>`}
  <//>`;
}

function Statements({ page }) {
  if (!page.statements.length) return html`<p class="quiet">${t("payroll.no_statements")}</p>`;
  return html`<div class="wide" tabindex="0" role="region" aria-label=${t("payroll.statements")}>
    <table>
      <thead>
        <tr>
          <th scope="col">${t("associate")}</th>
          ${COLUMNS.map(([key]) => html`<th scope="col" class="amount">${t(`statement.${key}`)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${page.statements.map(
          (one) =>
            html`<tr key=${one.associate_id}>
              <th scope="row">${nameOf(page, one.associate_id)}</th>
              ${COLUMNS.map(([key, shown]) => html`<td class="amount">${shown(one)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

const COLUMNS = [
  ["hours", (one) => hours(one.minutes)],
  ["net", (one) => money(one.net_minor, one.currency)],
  ["guarantee", (one) => money(one.guarantee_minor, one.currency)],
  ["topped_up", (one) => money(one.topped_up_minor + (one.late_topped_up_minor ?? 0), one.currency)],
  ["recouped", (one) => money(one.recouped_minor, one.currency)],
  ["owed", (one) => money(one.owed_after_minor, one.currency)],
  ["pay", (one) => money(one.pay_minor, one.currency)],
];

/** Every statement of the period as a file for a spreadsheet: whole minor units, and the currency. */
async function exportStatements(path, id) {
  const rows = [];
  let names = {};
  for (let after; after !== null;) {
    const page = await read(`${path}/statements`, { limit: 200, after, include: "names" });
    rows.push(...page.statements);
    names = { ...names, ...page.names?.associates };
    after = page.next ?? null;
  }
  const fields = [
    "associate_id",
    "period_id",
    "currency",
    "minutes",
    "sales_minor",
    "net_minor",
    "guarantee_minor",
    "topped_up_minor",
    "late_topped_up_minor",
    "recouped_minor",
    "owed_after_minor",
    "pay_minor",
  ];
  // What begins like a formula is text for a spreadsheet.
  const cell = (value) =>
    `"${String(value ?? "")
      .replace(/^[=+\-@\t]/, (sign) => (typeof value === "number" ? sign : `'${sign}`))
      .replaceAll('"', '""')}"`;
  const lines = [
    ["name", ...fields],
    ...rows.map((one) => [names[one.associate_id] ?? "", ...fields.map((field) => one[field])]),
  ];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(
    new Blob([lines.map((line) => line.map(cell).join(",")).join("\r\n")], { type: "text/csv" }),
  );
  link.download = `statements-${id}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function Close({ period, missing, close }) {
  const early = period.ends_on >= dayFromNow(0);
  const commands = () => [
    [
      "close-pay-period",
      { scope: period.scope, period_id: period.period_id, ...(early ? { early: true } : {}) },
    ],
  ];
  return html`<${CommandForm}
    label=${t("payroll.close")}
    button=${t("payroll.close")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <p>${t("payroll.close_what", { id: period.period_id })}</p>
    ${early && html`<p class="wrong">${t("payroll.early", { day: day(period.ends_on) })}</p>`}
    ${missing?.missing.length > 0 && html`<p class="wrong">
      ${t("payroll.close_missing", { n: missing.missing.length })}</p>`}<//
  >`;
}

function Reopen({ period, close }) {
  const commands = () => [["reopen-pay-period", { scope: period.scope, period_id: period.period_id }]];
  return html`<${CommandForm}
    label=${t("payroll.reopen")}
    button=${t("payroll.reopen")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
    ><p>${t("payroll.reopen_what")}</p><//
  >`;
}

const FORMS = { close: Close, reopen: Reopen };
