/** Questions about pay: those that wait for an answer, and the answer: corrected, or declined with a reason. */
import { html, useState } from "../html.js";
import { Choice, CommandForm, Dialog, Field, List, Loaded, Part } from "../parts.js";
import { nameOf, useRead } from "../reads.js";
import { day, inLine, money, t } from "../texts.js";
import { Sellers, sharesOf } from "./sellers.js";

const SHOWN = 50;
const concernsPay = (change) => change.what === undefined || change.what === "pay";

/** What a question is about, in one line. */
export const aboutOf = (one) =>
  inLine(
    one.period_id && t("question.statement", { id: one.period_id }),
    one.return_id ? t("question.return") : one.sale_id && t("question.sale"),
  );

/** The questions that wait, of a store's associates or of all. */
export function Questions({ store, person }) {
  const questions = useRead(
    "/v1/questions",
    { status: "open", store_id: store, limit: SHOWN, include: "names" },
    concernsPay,
  );
  const [asked, setAsked] = useState(null);
  const close = () => setAsked(null);
  return html`<${Part} title=${t("question.open")}>
    <${Loaded} read=${questions}
      >${(page) => html`
        <${List} of=${page.questions}
          >${(one) =>
            html`<li key=${one.question_id}>
              <p><strong>${nameOf(page, one.associate_id)}</strong>: ${one.question ?? t("forgotten")}</p>
              <p class="quiet">${inLine(aboutOf(one), t("question.asked", { day: day(one.asked_at) }))}</p>
              <button
                type="button"
                class="main"
                aria-label=${t("question.answer_of", { name: nameOf(page, one.associate_id) })}
                onClick=${() => setAsked(one)}
              >
                ${t("question.answer")}
              </button>
            </li>`}<//
        >
      `}<//
    >
    ${
      asked &&
      html`<${Dialog} title=${t("question.answer")} onClose=${close}>
        <${AnswerForm} question=${asked} person=${person} close=${close} />
      <//>`
    }
  <//>`;
}

/** What can be corrected from here: who sold the line of a sale, and the hours of a day. */
function correctionsOf(question, person) {
  return [
    question.sale_id && person.role !== "payroll" && ["corrected", t("question.correct_seller")],
    question.period_id && !question.entry_position && ["hours", t("question.correct_hours")],
    ["declined", t("question.decline")],
  ].filter(Boolean);
}

function AnswerForm({ question, person, close }) {
  const ways = correctionsOf(question, person);
  const [way, setWay] = useState(ways[0][0]);
  const [reason, setReason] = useState("");
  const [line, setLine] = useState(question.line_no);
  const [sellers, setSellers] = useState([{ associate_id: "", percent: "100" }]);
  const [on, setOn] = useState("");
  const [worked, setWorked] = useState("");
  const answer = (more) => [
    "answer-question",
    {
      question_id: question.question_id,
      associate_id: question.associate_id,
      ...(reason.trim() ? { reason: reason.trim() } : {}),
      ...(person.associate_id ? { answered_by: person.associate_id } : {}),
      ...more,
    },
  ];
  // The answer names the command that corrected: it is made when that one was taken.
  const corrected = (command) => [
    command,
    ([result]) => answer({ outcome: "corrected", correction_position: result.position }),
  ];
  const commands = () => {
    if (way === "declined")
      return reason.trim() ? [answer({ outcome: "declined" })] : t("question.reason_missing");
    if (way === "hours") {
      const minutes = Math.round(Number(worked.replace(",", ".")) * 60);
      if (!on || !(minutes > 0)) return t("question.hours_missing");
      return corrected([
        "record-hours",
        {
          associate_id: question.associate_id,
          worked_on: on,
          selling_minutes: minutes,
          ...(person.associate_id ? { recorded_by: person.associate_id } : {}),
        },
      ]);
    }
    const attribution = sharesOf(sellers);
    if (typeof attribution === "string") return attribution;
    if (!line) return t("question.line_missing");
    return corrected([
      "correct-attribution",
      { sale_id: question.sale_id, line_no: Number(line), attribution },
    ]);
  };
  return html`<${CommandForm}
    label=${t("question.answer")}
    button=${t("question.answer")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <p>${question.question ?? t("forgotten")}</p>
    ${ways.length > 1 && html`<${Choice} label=${t("question.answer")} options=${ways} value=${way}
      onChoose=${setWay} />`}
    ${
      way === "corrected" &&
      html`<${SaleLine} question=${question} line=${line} onChoose=${setLine} />
        <${Sellers} sellers=${sellers} onChange=${setSellers} store=${question.store_id} person=${person} />`
    }
    ${
      way === "hours" &&
      html`<${Field} label=${t("day")} type="date" value=${on} onInput=${(event) => setOn(event.target.value)} />
        <${Field}
          label=${t("question.hours")}
          hint=${t("question.hours_hint")}
          inputmode="decimal"
          value=${worked}
          onInput=${(event) => setWorked(event.target.value)}
        />`
    }
    <${Field}
      label=${way === "declined" ? t("question.reason") : t("question.remark")}
      as="textarea"
      rows="3"
      maxlength="2000"
      value=${reason}
      onInput=${(event) => setReason(event.target.value)}
    />
  <//>`;
}

/** Which line of a sale, of those that the associate is credited with. */
function SaleLine({ question, line, onChoose }) {
  const sale = useRead(`/v1/sales/${encodeURIComponent(question.sale_id)}`, {}, () => false);
  const isTheirs = (one) => one.credits.some((credit) => credit.associate_id === question.associate_id);
  return html`<${Loaded} read=${sale}
    >${(found) =>
      html`<${Field}
        label=${t("article")}
        as="select"
        value=${line ?? ""}
        onChange=${(event) => onChoose(event.target.value)}
      >
        <option value="">${t("choose")}</option>
        ${found.lines.filter(isTheirs).map(
          (one) =>
            html`<option value=${one.line_no}>
              ${inLine(one.description || one.sku, money(one.net_minor, found.currency))}
            </option>`,
        )}
      <//>`}<//
  >`;
}
