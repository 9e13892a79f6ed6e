/** What could not be taken in; what operators ask the house to do, how far it is, and what came of it. */
import { post } from "../api.js";
import { html, useState } from "../html.js";
import { CommandForm, Dialog, Field, List, Loaded, Part } from "../parts.js";
import { usePages, useRead } from "../reads.js";
import { inLine, moment, number, t, word } from "../texts.js";

const SHOWN = 20;

/** Whether a change concerns operators. */
export const OF_HOUSE = (change) => change.what === "house";

const ask = async (path, body) => ({ result: await post(path, body) });

/** The form of something that is asked for: `body()` is sent, or says what is missing. It is begun soon. */
function AskForm({ path, body, label, close, children }) {
  const commands = () => {
    const given = body();
    return typeof given === "string" ? given : [[path, given]];
  };
  return html`<${CommandForm}
    label=${label}
    button=${label}
    commands=${commands}
    send=${ask}
    told=${t("house.asked")}
    onDone=${close}
    onCancel=${close}
    >${children}<//
  >`;
}

export function Rebuild({ names, close }) {
  return html`<${AskForm} path="/v1/projections/rebuild" body=${() => ({ projections: names })}
    label=${t("house.rebuild")} close=${close}>
    <p>${t("house.rebuild_what")}</p>
    <p><strong>${names.join(", ")}</strong></p>
  <//>`;
}

/** The last tasks, told as they go on. */
export function Tasks() {
  const tasks = useRead("/v1/maintenance-tasks", { limit: SHOWN, at_least: null }, OF_HOUSE);
  return html`<${Part} title=${t("house.tasks")}>
    <${Loaded} read=${tasks}
      >${(page) => html`<${List} of=${page.tasks} shown=${3}>${(one) => html`<${Task}
        key=${one.task_id} task=${one} />`}<//>`}<//
    >
  <//>`;
}

function Task({ task }) {
  const about = task.kind === "rebuild" ? task.projections.join(", ") : `${task.source} ${task.key}`;
  const { folded_events: folded, expected_events: expected } = task;
  const far = t("house.folded", { folded: number(folded), n: expected });
  return html`<li>
    <div class="card-head">
      <strong>${word("task", task.kind)}</strong>
      <span class="tag">${word("task", task.status)}</span>
    </div>
    <p>${about}</p>
    ${task.reason && html`<p>${task.reason}</p>`}
    ${task.status === "running" && expected > 0 && html`<progress max=${expected} value=${folded}
      aria-label=${t("house.progress")}></progress>`}
    <p class="quiet">
      ${inLine(expected > 0 && far, task.outcome, task.actor, moment(task.ended_at ?? task.asked_at))}
    </p>
  </li>`;
}

const PATH = "/v1/dead-letters";
const WANTED = { limit: 20, at_least: null };
const FORMS = { retry: Retry, discard: Discard };

export function DeadLetters({ may }) {
  const letters = useRead(PATH, WANTED, OF_HOUSE);
  const [asked, setAsked] = useState(null);
  const close = () => setAsked(null);
  return html`<${Part} title=${t("house.dead_letters")}>
    <${Loaded} read=${letters}
      >${(page) => html`<${Pages}
        key=${JSON.stringify(page.dead_letters)} first=${page} may=${may} ask=${setAsked} />`}<//
    >
    ${asked && html`<${Dialog} title=${t(`house.${asked.form}`)} onClose=${close}><${FORMS[asked.form]}
      letter=${asked.letter} close=${close} /><//>`}
  <//>`;
}

function Pages({ first, may, ask }) {
  const [all, more] = usePages(first, PATH, (cursor) => ({ ...WANTED, cursor }));
  if (!first.total) return html`<p class="quiet">${t("none")}</p>`;
  return html`<ul class="plain-list">
      ${all.flatMap((page) => page.dead_letters.map((one) => html`<${Letter}
        key=${nameOfLetter(one)} letter=${one} may=${may} ask=${ask} />`))}
    </ul>
    ${more && html`<button type="button" onClick=${more}>${t("more")}</button>`}`;
}

const nameOfLetter = (one) => `${one.source} ${one.generation} ${one.key} ${one.position}`;

function Letter({ letter, may, ask }) {
  const button = (form) => html`<button type="button" onClick=${() => ask({ form, letter })}
    aria-label=${t(`house.${form}_of`, { key: letter.key })}>${t(`house.${form}`)}</button>`;
  return html`<li>
    <div class="card-head">
      <strong>${letter.source}</strong>
      ${letter.left_out && html`<span class="tag">${t("house.left_out")}</span>`}
    </div>
    <p>${letter.key}</p>
    <p>${letter.reason}</p>
    <p class="quiet">
      ${inLine(
        letter.topic,
        letter.position > 0 && t("house.at", { position: number(letter.position) }),
        letter.events > 1 && t("house.events", { n: letter.events }),
        moment(letter.at),
      )}
    </p>
    ${may && html`<div class="buttons">${button("retry")} ${!letter.left_out && button("discard")}</div>`}
  </li>`;
}

const About = ({ letter }) => html`<p><strong>${letter.source}</strong>, ${letter.key}</p>
  <p class="quiet">${letter.reason}</p>`;

function Retry({ letter, close }) {
  const { source, key } = letter;
  return html`<${AskForm} path=${`${PATH}/retry`} body=${() => ({ source, key })} label=${t("house.retry")}
    close=${close}>
    <${About} letter=${letter} />
    <p>${t("house.retry_what", { n: letter.events })}</p>
  <//>`;
}

function Discard({ letter, close }) {
  const [reason, setReason] = useState("");
  const { source, key } = letter;
  const body = () =>
    reason.trim() ? { source, key, reason: reason.trim() } : t("missing", { what: t("house.reason") });
  return html`<${AskForm} path=${`${PATH}/discard`} body=${body} label=${t("house.discard")} close=${close}>
    <${About} letter=${letter} />
    <p>${t(letter.position > 0 ? "house.discard_what" : "house.give_up_what")}</p>
    <${Field}
      label=${t("house.reason")}
      as="textarea"
      maxlength="1000"
      value=${reason}
      onInput=${(event) => setReason(event.target.value)}
  /><//>`;
}
