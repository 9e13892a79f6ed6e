/** The tables of the house: how each part stands; who did what, and who read of whom. */
import { html, useState } from "../html.js";
import { Dialog, Field, Loaded, Part } from "../parts.js";
import { usePages, useRead } from "../reads.js";
import { inLine, moment, number, t, word } from "../texts.js";
import { Rebuild } from "./maintenance.js";

/** A table with a heading of its own; `columns` are `[heading, of a line, is it a number]`. */
function Table({ title, columns, lines, keyOf, children }) {
  return html`<${Part} title=${title}>
    ${children}
    ${lines.length === 0
      ? html`<p class="quiet">${t("none")}</p>`
      : html`<div class="wide" tabindex="0" role="region" aria-label=${title}>
          <table>
            <thead>
              <tr>${columns.map(([heading, , amount]) => html`<th scope="col" class=${amount ? "amount" : null}>
                ${heading}</th>`)}</tr>
            </thead>
            <tbody>
              ${lines.map((line) => html`<tr key=${keyOf(line)}>${columns.map(([, shown, amount], at) =>
                at === 0
                  ? html`<th scope="row">${shown(line)}</th>`
                  : html`<td class=${amount ? "amount" : null}>${shown(line)}</td>`)}</tr>`)}
            </tbody>
          </table>
        </div>`}
  <//>`;
}

/** What a part does, and what is wrong with it, in one cell. */
const doing = (line) => html`${inLine(word("doing", line.doing), line.paused && line.doing !== "paused"
  && t("doing.paused"))}${line.stalled && html`${" "}<strong class="minus">${t("house.stalled")}</strong>`}
  ${(line.trouble || line.last_error) && html`<small>${line.trouble ?? line.last_error}</small>`}`;
const lag = [t("house.lag"), (line) => number(line.lag_events), true];
const byName = (line) => line.name;

export function Relay({ house }) {
  const { relay } = house;
  const said = relay ?? { doing: "stopped" };
  return html`<${Part} title=${t("house.relay")}>
    <p>${doing(said)}</p>
    <p class="quiet">
      ${inLine(
        relay?.position !== undefined && t("house.at", { position: number(relay.position) }),
        relay?.lag_events !== undefined && t("house.behind", { n: relay.lag_events }),
        house.commands_waiting !== null && t("house.commands", { n: house.commands_waiting }),
      )}
    </p>
  <//>`;
}

export function Projections({ lines, may }) {
  const [wanted, setWanted] = useState(null);
  const button = (names, label, shown) => html`<button type="button" aria-label=${label}
    onClick=${() => setWanted(names)}>${shown}</button>`;
  const columns = [
    [t("house.projection"), byName],
    [t("house.doing"), doing],
    lag,
    [t("house.parked"), (one) => number(one.parked_keys), true],
    [t("house.generation"), (one) => number(one.generation), true],
    ...(may
      ? [[t("house.rebuild"), (one) =>
          button([one.name], t("house.rebuild_of", { name: one.name }), t("house.rebuild"))]]
      : []),
  ];
  const all = lines.map(byName);
  return html`<${Table} title=${t("house.projections")} columns=${columns} lines=${lines} keyOf=${byName}>
      ${may && button(all, null, t("house.rebuild_all"))}
    <//>
    ${wanted && html`<${Dialog} title=${t("house.rebuild")} onClose=${() => setWanted(null)}>
      <${Rebuild} names=${wanted} close=${() => setWanted(null)} /><//>`}`;
}

export const Reactions = ({ lines }) => html`<${Table}
  title=${t("house.reactions")}
  columns=${[
    [t("house.reaction"), byName],
    [t("house.doing"), doing],
    lag,
    [t("house.kept_aside"), (one) => number(one.kept_aside), true],
  ]}
  lines=${lines}
  keyOf=${byName}
/>`;

export const Webhooks = ({ lines }) => html`<${Table}
  title=${t("house.webhooks")}
  columns=${[
    [t("house.endpoint"), (one) => html`${one.name}<small>${one.url}</small>`],
    [t("house.doing"), doing],
    lag,
    [t("house.parked"), (one) => number(one.parked_keys), true],
    [t("house.failing_since"), (one) => moment(one.failing_since)],
  ]}
  lines=${lines}
  keyOf=${byName}
/>`;

/** A list that is asked for again when everything is, not with each event of the house. */
function Records({ path, of, columns, keyOf, title }) {
  const [wanted, setWanted] = useState({});
  const params = { limit: 50, at_least: null, ...wanted };
  const records = useRead(path, params, () => false);
  const field = (name, type = "text") => html`<${Field} label=${t(`house.${name}`)} type=${type}
    autocomplete="off" value=${wanted[name] ?? ""}
    onChange=${(event) => setWanted({ ...wanted, [name]: event.target.value.trim() })} />`;
  return html`<div class="filters" role="search">
      ${field("actor")} ${field("customer_id")} ${field("since", "date")}
    </div>
    <${Loaded} read=${records}
      >${(page) => html`<${Pages} key=${JSON.stringify(wanted) + page.next} first=${page} path=${path} params=${params}
        of=${of} columns=${columns} keyOf=${keyOf} title=${title} />`}<//
    >`;
}

function Pages({ first, path, params, of, columns, keyOf, title }) {
  const [all, more] = usePages(first, path, (cursor) => ({ ...params, cursor }));
  return html`<${Table} title=${title} columns=${columns} lines=${all.flatMap((page) => page[of])}
      keyOf=${keyOf} />
    ${more && html`<p class="center"><button type="button" onClick=${more}>${t("more")}</button></p>`}`;
}

const byRole = (one) => html`${one.actor}${one.role && html`<small>${word("role", one.role)}</small>`}`;

const ofWhom = (one) => html`<details>
  <summary>${t("house.customers", { n: one.customers.length })}</summary>
  ${one.customers.map((customer) => html`<small>${customer}</small>`)}
</details>`;

export const Audit = () => html`<${Records}
  path="/v1/audit"
  of="entries"
  title=${t("house.audit")}
  columns=${[
    [t("house.position"), (one) => number(one.position)],
    [t("house.when"), (one) => moment(one.recorded_at)],
    [t("house.actor"), byRole],
    [t("house.what"), (one) => one.topic],
    [t("house.stream"), (one) => one.stream_id],
  ]}
  keyOf=${(one) => one.event_id}
/>`;

export const Openings = () => html`<${Records}
  path="/v1/openings"
  of="openings"
  title=${t("house.openings")}
  columns=${[
    [t("house.when"), (one) => moment(one.opened_at)],
    [t("house.actor"), byRole],
    [t("house.what"), (one) => one.operation],
    [t("house.of_whom"), ofWhom],
  ]}
  keyOf=${(one) => `${one.opened_at} ${one.actor} ${one.correlation_id}`}
/>`;
