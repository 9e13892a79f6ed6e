/** Heroics: the wall, reports that wait for somebody to verify them, and a new report. */
import { newId } from "../api.js";
import { html, useState } from "../html.js";
import { Choice, CommandForm, Dialog, Empty, Field, Loaded, Screen } from "../parts.js";
import { usePages, useRead } from "../reads.js";
import { day, money, t, word } from "../texts.js";
import { PickCustomer } from "./pick_customer.js";
import { Sellers } from "./sellers.js";

const KINDS = [
  "located_item",
  "bought_elsewhere",
  "delivery",
  "alteration",
  "prepared_item",
  "comforted_customer",
  "went_the_distance",
  "other",
];

export default function Heroics({ person }) {
  const [status, setStatus] = useState("verified");
  const [dialog, setDialog] = useState(null);
  const store = person.stores.length === 1 || person.role === "associate" ? person.stores[0] : null;
  const params = { status, limit: 20, store_id: store, include: "names" };
  const acts = useRead(
    "/v1/heroics",
    params,
    (change) => change.what === undefined || change.what === "heroics",
  );
  const close = () => setDialog(null);
  const leads = person.role === "manager";
  return html`<${Screen}
    title=${t("screen.heroics")}
    actions=${person.role !== "auditor" && html`<button type="button"
      onClick=${() => setDialog({ form: Report, title: t("heroics.report") })}>
        ${t("heroics.report")}</button>`}
  >
    ${
      leads &&
      html`<${Choice}
        label=${t("heroics.which")}
        value=${status}
        onChoose=${setStatus}
        options=${[
          ["verified", t("heroics.wall")],
          ["reported", t("heroics.reported")],
        ]}
      />`
    }
    <${Loaded} read=${acts}
      >${(page) =>
        html` ${page.acts.length === 0 && html`<${Empty} text=${t("heroics.none")} />`}
          <${Pages}
            key=${JSON.stringify(params) + page.next}
            first=${page}
            params=${params}
            open=${setDialog}
            leads=${leads}
          />`}<//
    >
    ${dialog && html`<${Dialog} title=${dialog.title} onClose=${close}><${dialog.form} act=${dialog.act}
      person=${person} close=${close} /><//>`}
  <//>`;
}

function Pages({ first, params, open, leads }) {
  const [all, more] = usePages(first, "/v1/heroics", (next) => ({ ...params, after: next }));
  return html`<ul class="cards">
      ${all.flatMap((page) => page.acts.map((act) => html`<${Act} key=${act.act_id} act=${act}
        names=${page.names} open=${open} leads=${leads} />`))}
    </ul>
    ${more && html`<p class="center"><button type="button" onClick=${more}>${t("more")}</button></p>`}`;
}

function Act({ act, names, open, leads }) {
  const heroes = act.heroes.map((hero) => names?.associates?.[hero] ?? hero).join(", ");
  const asking = (form, title) => () => open({ form, title, act });
  return html`<li class="card">
    <div class="card-head">
      <h2>${word("heroic", act.kind)}</h2>
      <span class="tag">${act.store_id}</span>
    </div>
    <p class="quiet">${heroes} · ${day(act.happened_on)}</p>
    <p>${act.story ?? t("forgotten")}</p>
    <p class="quiet">
      ${[
        act.cost_minor ? t("heroics.cost", { amount: money(act.cost_minor, act.currency) }) : "",
        act.told ? t("heroics.told", { n: act.told }) : "",
        ...act.bought_afterwards.map((one) =>
          t("heroics.bought", { amount: money(one.net_minor, one.currency) }),
        ),
      ]
        .filter(Boolean)
        .join(" · ")}
    </p>
    <div class="buttons">
      ${act.status === "verified" && html`<button type="button"
        onClick=${asking(Retell, t("heroics.retell"))}>${t("heroics.retell")}</button>`}
      ${
        act.status === "reported" &&
        leads &&
        html`<button type="button" class="main" onClick=${asking(Verify, t("heroics.verify"))}>
            ${t("heroics.verify")}
          </button>
          <button type="button" onClick=${asking(Reject, t("heroics.reject"))}>
            ${t("heroics.reject")}
          </button>`
      }
    </div>
  </li>`;
}

function Report({ person, close }) {
  const [kind, setKind] = useState("went_the_distance");
  const [story, setStory] = useState("");
  const [heroes, setHeroes] = useState([{ associate_id: "", percent: "100" }]);
  const [customer, setCustomer] = useState(null);
  const commands = () => {
    if (!story.trim()) return t("heroics.story_missing");
    const named = heroes.map((one) => one.associate_id).filter(Boolean);
    if (!named.length) return t("heroics.hero_missing");
    return [
      [
        "report-heroic-act",
        {
          act_id: newId("act"),
          heroes: named,
          kind,
          story: story.trim(),
          reporter: person.role === "manager" ? "manager" : "witness",
          ...(person.stores[0] ? { store_id: person.stores[0] } : {}),
          ...(customer ? { customer_id: customer.customer_id } : {}),
          ...(person.associate_id ? { reported_by: person.associate_id } : {}),
        },
      ],
    ];
  };
  return html`<${CommandForm}
    label=${t("heroics.report")}
    button=${t("heroics.report")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <${Sellers} heroes sellers=${heroes} onChange=${setHeroes} store=${person.stores[0]} person=${person} />
    <${Field} label=${t("kind")} as="select" value=${kind} onChange=${(event) => setKind(event.target.value)}
      >${KINDS.map((one) => html`<option value=${one}>${word("heroic", one)}</option>`)}<//
    >
    <${Field}
      label=${t("heroics.story")}
      as="textarea"
      rows="5"
      maxlength="4000"
      value=${story}
      onInput=${(event) => setStory(event.target.value)}
    />
    <${PickCustomer} picked=${customer} onPick=${setCustomer} />
  <//>`;
}

function Retell({ act, person, close }) {
  const [team, setTeam] = useState(person.stores[0] ?? "");
  const commands = () =>
    team.trim()
      ? [
          [
            "retell-heroic-act",
            {
              act_id: act.act_id,
              told_to: team.trim(),
              ...(person.associate_id ? { told_by: person.associate_id } : {}),
            },
          ],
        ]
      : t("missing", { what: t("heroics.team") });
  return html`<${CommandForm}
    label=${t("heroics.retell")}
    button=${t("heroics.retell")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <p>${act.story}</p>
    <${Field} label=${t("heroics.team")} value=${team} onInput=${(event) => setTeam(event.target.value)}
  /><//>`;
}

/** Somebody confirms an act. */
export function Verify({ act, person, close }) {
  const commands = () => [["verify-heroic-act", { act_id: act.act_id, verified_by: person.associate_id }]];
  return html`<${CommandForm}
    label=${t("heroics.verify")}
    button=${t("heroics.verify")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
    ><p>${act.story}</p><//
  >`;
}

/** It did not happen, or not like that. */
export function Reject({ act, person, close }) {
  const [reason, setReason] = useState("");
  const commands = () => [
    [
      "reject-heroic-act",
      {
        act_id: act.act_id,
        rejected_by: person.associate_id,
        ...(reason.trim() ? { reason: reason.trim() } : {}),
      },
    ],
  ];
  return html`<${CommandForm}
    label=${t("heroics.reject")}
    button=${t("heroics.reject")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <${Field}
      label=${t("heroics.why_not")}
      value=${reason}
      onInput=${(event) => setReason(event.target.value)}
  /><//>`;
}
