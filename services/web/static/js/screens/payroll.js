/** Payroll: the pay calendar, everybody's statements, whose hours are missing; close, and export. */
import { readTable } from "../api.js";
import { html, useState } from "../html.js";
import { CommandForm, Dialog, Empty, Field, Loaded, Screen } from "../parts.js";
import { nameOf, usePages, useRead } from "../reads.js";
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

const MORE = 200;

function Period({ scope, id }) {
  const path = `/v1/pay-periods/${encodeURIComponent(id)}`;
  const periods = useRead("/v1/pay-periods", { limit: 200, scope });
  const statements = useRead(`${path}/statements`, { scope, limit: MORE, include: "names" });
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
      <button type="button" onClick=${() => exportStatements(path, scope, id)}>${t("payroll.export")}</button>
    </div>`;
  return html`<${Screen} title=${t("payroll.period", { id })} actions=${buttons}>
    <p><a href=${hrefOf("payroll")}>${t("payroll.all")}</a></p>
    ${period && html`<p class="quiet">
      ${inLine(`${day(period.starts_on)} – ${day(period.ends_on)}`, word("period", period.status), scope)}</p>`}
    <${Loaded} read=${statements}
      >${(page) => html`
        <section class="card">
          <h2>${t("payroll.missing")}</h2>
          <${Missing} page=${page} of=${page.totals} />
        </section>
        <section class="card">
          <h2>${t("payroll.statements")}</h2>
          <${Statements} key=${page.statements[0]?.position} first=${page}
            path=${`${path}/statements`} scope=${scope} />
        </section>`}<//
    >
    ${form && html`<${Dialog} title=${t(`payroll.${form}`)} onClose=${close}><${FORMS[form]}
      period=${period} path=${path} close=${close} /><//>`}
  <//>`;
}

/** Whose hours are missing: how many, and the first of them. */
function Missing({ page, of }) {
  if (!of.missing_hours) return html`<p class="quiet">${t("none")}</p>`;
  return html`<p>${t("payroll.close_missing", { n: of.missing_hours })}</p>
    <ul class="plain-list">
      ${of.missing.map(
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
    </ul>`;
}

function Statements({ first, path, scope }) {
  const asked = { scope, limit: MORE, include: "names" };
  const [all, more] = usePages(first, path, (after) => ({ ...asked, after }));
  if (!first.statements.length) return html`<p class="quiet">${t("payroll.no_statements")}</p>`;
  const { unsigned, questioned } = first.totals;
  return html`<p class="quiet">${inLine(
    unsigned > 0 && t("payroll.unsigned", { n: unsigned }),
    questioned > 0 && t("payroll.questioned", { n: questioned }),
  )}</p>
    <${Amounts} label=${t("payroll.statements")} totals=${first.totals.currencies}
      rows=${all.flatMap((page) => page.statements.map((one) => [nameOf(page, one.associate_id), one]))} />
    ${more && html`<p class="center"><button type="button" onClick=${more}>${t("more")}</button></p>`}`;
}

/** Statements in lines, `[name, statement]`, and below them what all of them come to, by currency. */
function Amounts({ label, rows, totals }) {
  return html`<div class="wide" tabindex="0" role="region" aria-label=${label}>
    <table>
      <thead>
        <tr>
          <th scope="col">${t("associate")}</th>
          ${COLUMNS.map(([key]) => html`<th scope="col" class="amount">${t(`statement.${key}`)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(([name, one]) => html`<${Line} key=${one.associate_id + one.period_id} name=${name} one=${one} />`)}
      </tbody>
      <tfoot>
        ${totals.map((one) => html`<${Line} key=${one.currency}
          name=${t("payroll.total", { n: one.statements })} one=${one} />`)}
      </tfoot>
    </table>
  </div>`;
}

const Line = ({ name, one }) =>
  html`<tr>
    <th scope="row">${name}</th>
    ${COLUMNS.map(([key, shown]) => html`<td class="amount">${shown(one)}</td>`)}
  </tr>`;

const COLUMNS = [
  ["hours", (one) => hours(one.minutes)],
  ["net", (one) => money(one.net_minor, one.currency)],
  ["guarantee", (one) => money(one.guarantee_minor, one.currency)],
  ["topped_up", (one) => money(one.topped_up_minor + (one.late_topped_up_minor ?? 0), one.currency)],
  ["recouped", (one) => money(one.recouped_minor, one.currency)],
  ["owed", (one) => money(one.owed_after_minor, one.currency)],
  ["pay", (one) => money(one.pay_minor, one.currency)],
];

/** Every statement of the period as a file for a spreadsheet. */
async function exportStatements(path, scope, id) {
  const table = await readTable(`${path}/statements`, { scope, include: "names" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(table);
  link.download = `statements-${id}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Closing, with what it would pay whom. */
function Close({ period, path, close }) {
  const { scope, period_id: id } = period;
  const preview = useRead(`${path}/close-preview`, { scope, limit: MORE, include: "names" });
  const commands = () =>
    preview.data
      ? [["close-pay-period", { scope, period_id: id, ...(preview.data.early ? { early: true } : {}) }]]
      : t("loading");
  return html`<${CommandForm}
    label=${t("payroll.close")}
    button=${t("payroll.close")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <p>${t("payroll.close_what", { id })}</p>
    <${Loaded} read=${preview}>${(page) => html`
      ${page.early && html`<p class="wrong">${t("payroll.early", { day: day(period.ends_on) })}</p>`}
      ${page.totals.missing_hours > 0 && html`<p class="wrong">
        ${t("payroll.close_missing", { n: page.totals.missing_hours })}</p>`}
      <${Amounts} label=${t("payroll.preview")} totals=${page.totals.currencies}
        rows=${page.statements.map((one) => [nameOf(page, one.associate_id), one])} />`}<//>
  <//>`;
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
