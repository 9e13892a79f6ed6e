/** Pay: the open periods so far against the guarantee, each line with its cause, statements, questions. */
import { Chart } from "../chart.js";
import { html, useMemo, useState } from "../html.js";
import { CommandForm, Dialog, Empty, Field, List, Loaded, Part, Screen } from "../parts.js";
import { nameOf, usePages, useRead } from "../reads.js";
import { asSentence, day, hours, inLine, money, number, t, word } from "../texts.js";
import { aboutOf } from "./questions.js";

const SHOWN = 10;
const MORE = 40;
const concernsPay = (change) => change.what === undefined || change.what === "pay";

export default function Pay({ person }) {
  const root = `/v1/associates/${person.associate_id}`;
  const pay = useRead(`${root}/pay`, { limit: SHOWN, include: "names" }, concernsPay);
  const statements = useRead(`${root}/statements`, { limit: 26 }, concernsPay);
  const [dialog, setDialog] = useState(null);
  const close = () => setDialog(null);
  return html`<${Screen} title=${t("screen.pay")}>
    <${Loaded} read=${pay}
      >${(page) => html`
        ${page.periods.length === 0 && html`<${Empty} text=${t("pay.nothing")} />`}
        <div class="columns">
          ${page.periods.map((one) => html`<${SoFar} key=${one.period_id ?? one.waits_for} period=${one} />`)}
        </div>
        ${Object.entries(page.owed).map(
          ([currency, owed]) =>
            owed > 0 && html`<p class="banner">${t("pay.owed", { amount: money(owed, currency) })}</p>`,
        )}
        <${Lines} key=${page.lines[0]?.position} first=${page} path=${`${root}/pay`} ask=${setDialog} />
      `}<//
    >
    <div class="columns">
      <${Part} title=${t("pay.statements")}
        ><${Loaded} read=${statements}
          >${(page) => html`<${Statements} statements=${page.statements} ask=${setDialog} />`}<//
        ><//
      >
      <${Asked} associate=${person.associate_id} ask=${setDialog} />
    </div>
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
  const above = period.net_minor - period.guarantee_minor;
  const amounts = [
    ["earned", period.earned_minor],
    ["clawed_back", -period.clawed_back_minor],
    ["moved", period.moved_minor],
    ["net", period.net_minor],
    ["guarantee", period.guarantee_minor],
    ["recouped", period.recouped_minor],
    ["topped_up", period.topped_up_minor],
  ];
  const name = period.period_id ?? t("pay.waits_for", { day: day(period.waits_for) });
  return html`<section class="card">
    <div class="card-head">
      <h2>${t("pay.period", { id: name })}</h2>
      ${period.ends_on && html`<span class="quiet">${day(period.starts_on)} – ${day(period.ends_on)}</span>`}
    </div>
    ${period.pay_minor !== null && html`<p class="big">${money(period.pay_minor, currency)}</p>`}
    <p class=${above < 0 ? "minus" : "quiet"}>
      ${above === 0 ? t("pay.even") : t(above < 0 ? "pay.below" : "pay.above", { amount: money(Math.abs(above), currency) })}
    </p>
    <meter
      min="0"
      max=${Math.max(period.guarantee_minor, period.net_minor, 1)}
      low=${period.guarantee_minor}
      optimum=${Math.max(period.guarantee_minor, period.net_minor, 1)}
      value=${Math.max(period.net_minor, 0)}
      aria-label=${t("pay.against")}
    ></meter>
    ${
      period.projected_pay_minor !== null &&
      html`<p>
        ${inLine(
          t("pay.projected", { amount: money(period.projected_pay_minor, currency) }),
          t("pay.days", { begun: number(period.days_begun), all: number(period.days) }),
        )}
      </p>`
    }
    <dl class="amounts">
      ${amounts.map(
        ([key, minor]) =>
          minor !== 0 &&
          html`<dt>${t(`statement.${key}`)}</dt>
            <dd class=${minor < 0 ? "minus" : ""}>${money(minor, currency)}</dd>`,
      )}
      ${period.minutes > 0 && html`<dt>${t("statement.hours")}</dt><dd>${hours(period.minutes)}</dd>`}
    </dl>
  </section>`;
}

function Lines({ first, path, ask }) {
  const [all, more] = usePages(first, path, (next) => ({ limit: MORE, include: "names", after: next }));
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

/** What a line is about: for what was taken back, when it was sold and earned, and who took it back. */
function causeOf(line, names) {
  const { cause } = line;
  const people = (cause.moved_with ?? []).map((one) => names?.associates?.[one] ?? one).join(", ");
  return [
    line.return_id && cause.sold_at && t("pay.sold", { day: day(cause.sold_at) }),
    line.return_id && cause.earned_in_period_id && t("pay.earned_in", { period: cause.earned_in_period_id }),
    cause.taken_in_by &&
      t("pay.taken_in", { name: names?.associates?.[cause.taken_in_by] ?? cause.taken_in_by }),
    people && t("pay.moved_with", { names: people }),
    cause.for_period_id && t("pay.for_period", { period: cause.for_period_id }),
  ];
}

/** The article comes first: a minus says what came back. */
function Line({ line, names, ask }) {
  const kind = word("posting", line.kind);
  const what = line.items.map((one) => one.description || one.sku).filter(Boolean);
  const articles = what.slice(0, 3).join(", ") + (what.length > 3 ? "…" : "");
  const text = inLine(kind, articles, money(line.amount_minor, line.currency));
  return html`<li class="entry">
    <div>
      <strong>${articles || kind}</strong>
      <div>${inLine(articles && kind, causeOf(line, names))}</div>
      <div class="quiet">${inLine(day(line.occurred_at), line.period_id)}</div>
    </div>
    <span class=${`amount ${line.amount_minor < 0 ? "minus" : ""}`}
      >${money(line.amount_minor, line.currency)}</span
    >
    <button
      type="button"
      class="plain"
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
    <${List} of=${statements}
      >${(one) =>
        html`<li key=${one.period_id} class="entry">
          <div>
            <strong>${one.period_id}</strong>
            <div class="quiet">
              ${inLine(
                `${day(one.starts_on)} – ${day(one.ends_on)}`,
                `${t("statement.net")} ${money(one.net_minor, one.currency)}`,
                `${t("statement.guarantee")} ${money(one.guarantee_minor, one.currency)}`,
                one.signed_at && t("pay.signed", { day: day(one.signed_at) }),
              )}
            </div>
          </div>
          <span class="amount">${money(one.pay_minor, one.currency)}</span>
          <div class="buttons">
            ${
              !one.signed_at &&
              html`<button
                type="button"
                class="main"
                aria-label=${t("pay.sign_what", { id: one.period_id })}
                onClick=${() => ask({ form: Sign, title: t("pay.sign_what", { id: one.period_id }), period: one })}
              >
                ${t("pay.sign")}
              </button>`
            }
            <button
              type="button"
              class="plain"
              aria-label=${t("pay.question_about", { what: one.period_id })}
              onClick=${() => ask({ form: Question, title: t("pay.question"), period: one, text: one.period_id })}
            >
              ${t("pay.question")}
            </button>
          </div>
        </li>`}<//
    >
  `;
}

/** What was asked, with the answers; what was answered can be asked again. */
function Asked({ associate, ask }) {
  const questions = useRead(
    "/v1/questions",
    { associate_id: associate, limit: 100, include: "names" },
    concernsPay,
  );
  const about = (one) => (one.period_id ? { period: one } : { position: one.entry_position });
  return html`<${Part} title=${t("pay.questions")}
    ><${Loaded} read=${questions}
      >${(page) =>
        html`<${List} of=${[...page.questions].reverse()}
          >${(one) =>
            html`<li key=${one.question_id}>
              <p>${one.question ?? t("forgotten")}</p>
              <p class="quiet">${inLine(aboutOf(one), t("question.asked", { day: day(one.asked_at) }))}</p>
              ${
                one.outcome
                  ? html`<p class=${one.outcome === "corrected" ? "good" : "banner"}>
                        ${inLine(
                          asSentence(word("outcome", one.outcome)),
                          one.reason,
                          one.answered_by && nameOf(page, one.answered_by),
                          day(one.answered_at),
                        )}
                      </p>
                      <button
                        type="button"
                        onClick=${() =>
                          ask({ form: Question, title: t("pay.question"), text: one.question, follows: one.question_id, ...about(one) })}
                      >
                        ${t("pay.ask_again")}
                      </button>`
                  : html`<p class="tag">${t("pay.waits")}</p>`
              }
            </li>`}<//
        >`}<//
    ><//
  >`;
}

function Question({ position, period, text, follows, person, close }) {
  const [question, setQuestion] = useState("");
  const about = {
    ...(period ? { period_id: period.period_id } : { entry_position: position }),
    ...(follows ? { follows } : {}),
  };
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
