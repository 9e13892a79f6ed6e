/** Pay: the open periods so far against the guarantee, each line with its cause, statements, questions. */
import { Chart } from "../chart.js";
import { html, useMemo, useState } from "../html.js";
import { CommandForm, Dialog, Empty, Field, Loaded, Screen } from "../parts.js";
import { usePages, useRead } from "../reads.js";
import { day, hours, money, number, t, word } from "../texts.js";

const concernsPay = (change) => change.what === undefined || change.what === "pay";

export default function Pay({ person }) {
  const root = `/v1/associates/${person.associate_id}`;
  const pay = useRead(`${root}/pay`, { limit: 40, include: "names" }, concernsPay);
  const statements = useRead(`${root}/statements`, { limit: 26 }, concernsPay);
  const [dialog, setDialog] = useState(null);
  const close = () => setDialog(null);
  return html`<${Screen} title=${t("screen.pay")}>
    <${Loaded} read=${pay}
      >${(page) => html`
        ${page.periods.length === 0 && html`<${Empty} text=${t("pay.nothing")} />`}
        ${page.periods.map((one) => html`<${SoFar} key=${one.period_id ?? one.waits_for} period=${one} />`)}
        ${Object.entries(page.owed).map(
          ([currency, owed]) =>
            owed > 0 && html`<p class="banner">${t("pay.owed", { amount: money(owed, currency) })}</p>`,
        )}
        <${Lines} key=${page.lines[0]?.position} first=${page} path=${`${root}/pay`} ask=${setDialog} />
      `}<//
    >
    <section class="card">
      <h2>${t("pay.statements")}</h2>
      <${Loaded} read=${statements}
        >${(page) => html`<${Statements} statements=${page.statements} ask=${setDialog} />`}<//
      >
    </section>
    ${
      dialog &&
      html`<${Dialog} title=${dialog.title} onClose=${close}>
        <${dialog.form} ...${dialog} person=${person} close=${close} />
      <//>`
    }
  <//>`;
}

/** One period. A minus says its cause first: what came back is in the lines below. */
function SoFar({ period }) {
  const { currency } = period;
  const below = period.net_minor < period.guarantee_minor;
  const facts = [
    ["earned", money(period.earned_minor, currency)],
    ["clawed_back", money(-period.clawed_back_minor, currency)],
    ["moved", money(period.moved_minor, currency)],
    ["net", money(period.net_minor, currency)],
    ["hours", hours(period.minutes)],
    ["guarantee", money(period.guarantee_minor, currency)],
    ["recouped", money(period.recouped_minor, currency)],
    ["topped_up", money(period.topped_up_minor, currency)],
  ];
  const name = period.period_id ?? t("pay.waits_for", { day: day(period.waits_for) });
  return html`<section class="card">
    <div class="card-head">
      <h2>${t("pay.period", { id: name })}</h2>
      ${period.ends_on && html`<span class="quiet">${day(period.starts_on)} – ${day(period.ends_on)}</span>`}
    </div>
    ${period.pay_minor !== null && html`<p class="big">${money(period.pay_minor, currency)}</p>`}
    <p class=${below ? "minus" : "quiet"}>
      ${
        below
          ? t("pay.below", { amount: money(period.guarantee_minor - period.net_minor, currency) })
          : t("pay.above", { amount: money(period.net_minor - period.guarantee_minor, currency) })
      }
    </p>
    <meter
      min="0"
      max=${Math.max(period.guarantee_minor, period.net_minor, 1)}
      value=${Math.max(period.net_minor, 0)}
      aria-label=${t("pay.against")}
    ></meter>
    ${
      period.projected_pay_minor !== null &&
      html`<p>
        ${t("pay.projected", { amount: money(period.projected_pay_minor, currency) })}
        <span class="quiet">
          ${t("pay.days", { begun: number(period.days_begun), all: number(period.days) })}</span
        >
      </p>`
    }
    <dl>
      ${facts.map(
        ([key, text]) =>
          text &&
          html`<dt>${t(`statement.${key}`)}</dt>
            <dd class="amount">${text}</dd>`,
      )}
    </dl>
  </section>`;
}

function Lines({ first, path, ask }) {
  const [all, more] = usePages(first, path, (next) => ({ limit: 40, include: "names", after: next }));
  return html`<section class="card">
    <h2>${t("pay.lines")}</h2>
    ${first.lines.length === 0 && html`<p class="quiet">${t("none")}</p>`}
    <ul class="plain-list">
      ${all.flatMap((page) =>
        page.lines.map(
          (line) =>
            html`<${Line} key=${`${line.position}.${line.n}`} line=${line} names=${page.names} ask=${ask} />`,
        ),
      )}
    </ul>
    ${more && html`<p class="center"><button type="button" onClick=${more}>${t("more")}</button></p>`}
  </section>`;
}

/** What a line is about: the article and, for what was taken back, when it was sold and earned. */
export function causeOf(line, names) {
  const what = line.items.map((one) => one.description || one.sku).filter(Boolean);
  const { cause } = line;
  const people = (cause.moved_with ?? []).map((one) => names?.associates?.[one] ?? one).join(", ");
  return [
    what.slice(0, 3).join(", ") + (what.length > 3 ? "…" : ""),
    line.return_id && cause.sold_at && t("pay.sold", { day: day(cause.sold_at) }),
    line.return_id && cause.earned_in_period_id && t("pay.earned_in", { period: cause.earned_in_period_id }),
    cause.taken_in_by &&
      t("pay.taken_in", { name: names?.associates?.[cause.taken_in_by] ?? cause.taken_in_by }),
    people && t("pay.moved_with", { names: people }),
    cause.for_period_id && t("pay.for_period", { period: cause.for_period_id }),
  ]
    .filter(Boolean)
    .join(" · ");
}

function Line({ line, names, ask }) {
  const text = `${word("posting", line.kind)}, ${money(line.amount_minor, line.currency)}`;
  return html`<li>
    <div class="card-head">
      <span>${word("posting", line.kind)}</span>
      <span class=${`amount ${line.amount_minor < 0 ? "minus" : ""}`}
        >${money(line.amount_minor, line.currency)}</span
      >
    </div>
    <div>${causeOf(line, names)}</div>
    <div class="quiet">${day(line.occurred_at)}${line.period_id && ` · ${line.period_id}`}</div>
    <button
      type="button"
      aria-label=${t("pay.question_about", { what: text })}
      onClick=${() => ask({ form: Question, title: t("pay.question"), position: line.position, text })}
    >
      ${t("pay.question")}
    </button>
  </li>`;
}

function Statements({ statements, ask }) {
  const points = useMemo(
    () => [...statements].reverse().map((one) => ({ on: one.ends_on, value: one.pay_minor })),
    [statements],
  );
  if (!statements.length) return html`<p class="quiet">${t("none")}</p>`;
  const [{ currency }] = statements;
  return html`
    ${
      points.length > 1 &&
      html`<${Chart}
        label=${t("pay.course")}
        points=${points}
        min=${0}
        shown=${(value) => money(value, currency)}
      />`
    }
    <ul class="plain-list">
      ${statements.map(
        (one) =>
          html`<li key=${one.period_id}>
            <div class="card-head">
              <strong>${one.period_id}</strong>
              <span class="quiet">${day(one.starts_on)} – ${day(one.ends_on)}</span>
              <span class="amount">${money(one.pay_minor, one.currency)}</span>
            </div>
            <div class="quiet">
              ${t("statement.net")} ${money(one.net_minor, one.currency)} · ${t("statement.guarantee")}${" "}
              ${money(one.guarantee_minor, one.currency)}${one.signed_at && ` · ${t("pay.signed", { day: day(one.signed_at) })}`}
            </div>
            <div class="buttons">
              ${
                !one.signed_at &&
                html`<button
                  type="button"
                  aria-label=${t("pay.sign_what", { id: one.period_id })}
                  onClick=${() => ask({ form: Sign, title: t("pay.sign_what", { id: one.period_id }), period: one })}
                >
                  ${t("pay.sign")}
                </button>`
              }
              <button
                type="button"
                aria-label=${t("pay.question_about", { what: one.period_id })}
                onClick=${() => ask({ form: Question, title: t("pay.question"), period: one, text: one.period_id })}
              >
                ${t("pay.question")}
              </button>
            </div>
          </li>`,
      )}
    </ul>
  `;
}

function Question({ position, period, text, person, close }) {
  const [question, setQuestion] = useState("");
  const about = period ? { period_id: period.period_id } : { entry_position: position };
  const commands = () =>
    question.trim()
      ? [["question-entry", { associate_id: person.associate_id, ...about, question: question.trim() }]]
      : t("missing", { what: t("pay.question") });
  return html`<${CommandForm}
    label=${t("pay.question")}
    button=${t("pay.ask")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <p>${text}</p>
    <${Field}
      label=${t("pay.question")}
      as="textarea"
      rows="4"
      maxlength="4000"
      value=${question}
      onInput=${(event) => setQuestion(event.target.value)}
    />
  <//>`;
}

function Sign({ period, person, close }) {
  const commands = () => [
    ["sign-statement", { associate_id: person.associate_id, period_id: period.period_id }],
  ];
  return html`<${CommandForm}
    label=${t("pay.sign")}
    button=${t("pay.sign")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <p>${t("pay.sign_meaning", { amount: money(period.pay_minor, period.currency) })}</p>
  <//>`;
}
