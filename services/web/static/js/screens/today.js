/** Today: whom to reach, why, and on which channel they agreed to. */
import { html, useState } from "../html.js";
import { Choice, CommandForm, Dialog, Empty, Field, Loaded, Screen } from "../parts.js";
import { useRead } from "../reads.js";
import { hrefOf } from "../router.js";
import { asSentence, dayFromNow, day, inLine, money, near, number, t, word } from "../texts.js";
import { Reach } from "./reach.js";

export default function Today({ person }) {
  const owner = person.associate_id;
  const mine = (change) => change.associate_id === undefined || change.associate_id === owner;
  const today = useRead(`/v1/associates/${owner}/book/today`, { limit: 50 }, mine);
  const [asked, setAsked] = useState(null);
  const close = () => setAsked(null);
  return html`<${Screen} title=${t("screen.today")}>
    <${Loaded} read=${today}
      >${({ calls, total }) => html`
        <p class="quiet">${total ? t("today.total", { n: total }) : ""}</p>
        ${calls.length === 0 && html`<${Empty} text=${t("today.nobody")} />`}
        <ul class="cards">
          ${calls.map((call) => html`<${Call} key=${call.customer_id} call=${call} ask=${setAsked} />`)}
        </ul>
      `}<//
    >
    ${asked && html`<${Dialog} title=${asked.title} onClose=${close}><${FORMS[asked.form]} ...${asked}
      owner=${owner} close=${close} /><//>`}
  <//>`;
}

/** Why to reach out, in words. */
export function reasonText(reason) {
  const wished = [reason.label, reason.sku, reason.size && t("size", { size: reason.size })]
    .filter(Boolean)
    .join(", ");
  const words = [
    wished,
    reason.note,
    reason.text,
    reason.items?.join(", "),
  ].filter(Boolean);
  const on = reason.kind === "lapsing" ? day(reason.on) : near(reason.on);
  const why = reason.occasion
    ? `${word("occasion", reason.occasion)} ${on}`
    : t(`reason.${reason.kind}`, { on, n: reason.silent_days ?? 0 });
  return asSentence([why, [...new Set(words)].join("; ")].filter(Boolean).join(": "));
}

function Call({ call, ask }) {
  const name = call.address_as ?? call.name ?? t("no_name");
  const asking = (form, title) => () => ask({ form, title, call });
  return html`<li class="card">
    <div class="card-head">
      <h2><a href=${hrefOf("customer", call.customer_id)}>${name}</a></h2>
      ${call.name && call.name !== name && html`<span class="quiet">${call.name}</span>`}
    </div>
    <ul class="reasons">
      ${call.reasons.map((reason) => html`<li>${reasonText(reason)}</li>`)}
    </ul>
    <p class="quiet">
      ${inLine(
        t("score_of", { score: number(call.value) }),
        t("spent", { amount: money(call.net_spend_minor, call.currency) }),
        call.last_contact_at && t("today.last_contact", { day: day(call.last_contact_at) }),
      )}
    </p>
    <${Reach} points=${call.contact_points ?? []} channels=${call.channels} />
    <div class="buttons">
      <button type="button" class="main" onClick=${asking("done", t("today.done_title", { name }))}>
        ${t("today.done")}
      </button>
      <button type="button" onClick=${asking("later", t("today.later_title", { name }))}>
        ${t("today.later")}
      </button>
      ${
        call.reasons.some((reason) => reason.wish_id || reason.follow_up_id) &&
        html` <button type="button" onClick=${asking("not", t("today.not_title", { name }))}>
          ${t("today.not")}
        </button>`
      }
    </div>
  </li>`;
}

const PURPOSES = { stock_arrived: "wish", follow_up_due: "follow_up" };
const purposeOf = (reason) => PURPOSES[reason.kind] ?? reason.kind;

/** They were reached: the contact, what was promised and is kept, and what is planned next. */
function Done({ call, owner, close }) {
  const [channel, setChannel] = useState(call.channels[0] ?? "call");
  const [answered, setAnswered] = useState(true);
  const [next, setNext] = useState("");
  const [reason, setReason] = useState("");
  const customer = call.customer_id;
  const commands = () => {
    if (next && !reason.trim()) return t("today.why_missing");
    const about = call.reasons[0];
    const kept = call.reasons.filter((one) => one.follow_up_id);
    return [
      [
        "log-contact",
        {
          customer_id: customer,
          channel,
          purpose: purposeOf(about),
          contacted_by: owner,
          answered,
          ...(about.occasion_id ? { occasion_id: about.occasion_id } : {}),
        },
      ],
      ...kept.map((one) => [
        "complete-follow-up",
        { customer_id: one.record ?? customer, follow_up_id: one.follow_up_id, completed_by: owner },
      ]),
      ...(next
        ? [
            [
              "plan-follow-up",
              { customer_id: customer, due_on: next, reason: reason.trim(), associate_id: owner },
            ],
          ]
        : []),
    ];
  };
  return html`<${CommandForm} label=${t("today.done")} commands=${commands} onDone=${close} onCancel=${close}>
    <${Choice}
      label=${t("channel")}
      value=${channel}
      onChoose=${setChannel}
      options=${["call", "text", "write"].map((one) => [one, word("channel", one)])}
    />
    <label class="check"
      ><input type="checkbox" checked=${answered} onChange=${(event) => setAnswered(event.target.checked)} />
      ${t("today.answered")}</label
    >
    <${Field}
      label=${t("today.next")}
      type="date"
      min=${dayFromNow(0)}
      value=${next}
      onInput=${(event) => setNext(event.target.value)}
    />
    ${next && html`<${Field} label=${t("today.why")} value=${reason} maxlength="500"
      onInput=${(event) => setReason(event.target.value)} />`}
  <//>`;
}

/** Another day: a promise is planned for it, in the place of the one that was due. */
function Later({ call, owner, close }) {
  const [on, setOn] = useState(dayFromNow(1));
  const due = call.reasons.filter((one) => one.follow_up_id);
  const text = () => due[0]?.text ?? reasonText(call.reasons[0]);
  const commands = () => [
    [
      "plan-follow-up",
      {
        customer_id: call.customer_id,
        due_on: on,
        reason: text(),
        associate_id: owner,
        ...(due[0]?.wish_id ? { wish_id: due[0].wish_id } : {}),
      },
    ],
    ...due.map((one) => [
      "cancel-follow-up",
      { customer_id: one.record ?? call.customer_id, follow_up_id: one.follow_up_id },
    ]),
  ];
  return html`<${CommandForm}
    label=${t("today.later")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <${Choice}
      label=${t("day")}
      value=${on}
      onChoose=${setOn}
      options=${[
        [dayFromNow(1), t("tomorrow")],
        [dayFromNow(3), t("in_days", { n: 3 })],
        [dayFromNow(7), t("in_days", { n: 7 })],
      ]}
    />
    <${Field}
      label=${t("today.on")}
      type="date"
      min=${dayFromNow(1)}
      value=${on}
      onInput=${(event) => setOn(event.target.value)}
    />
  <//>`;
}

/** They do not want it: the wish is withdrawn, the promise is cancelled. */
function NotInterested({ call, close }) {
  const about = call.reasons.filter((reason) => reason.wish_id || reason.follow_up_id);
  const commands = () =>
    about.flatMap((reason) => [
      ...(reason.follow_up_id
        ? [
            [
              "cancel-follow-up",
              { customer_id: reason.record ?? call.customer_id, follow_up_id: reason.follow_up_id },
            ],
          ]
        : []),
      ...(reason.wish_id
        ? [["withdraw-wish", { customer_id: reason.record ?? call.customer_id, wish_id: reason.wish_id }]]
        : []),
    ]);
  return html`<${CommandForm}
    label=${t("today.not")}
    button=${t("today.not")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <ul class="reasons">
      ${about.map((reason) => html`<li>${reasonText(reason)}</li>`)}
    </ul>
  <//>`;
}

const FORMS = { done: Done, later: Later, not: NotInterested };
