/** House: how each part stands, what could not be taken in, and who did and read what. */
import { html, useEffect } from "../html.js";
import { Loaded, Screen } from "../parts.js";
import { useRead } from "../reads.js";
import { hrefOf } from "../router.js";
import { number, t } from "../texts.js";
import { Audit, Openings, Projections, Reactions, Relay, Webhooks } from "./house_tables.js";
import { DeadLetters, OF_HOUSE, Tasks } from "./maintenance.js";

const SECONDS = 5;
const PAGES = { audit: Audit, openings: Openings };

export default function House({ parts, person }) {
  const page = PAGES[parts[0]];
  const link = (text, ...address) => html`<a
    href=${hrefOf("house", ...address)} aria-current=${address[0] === parts[0] ? "page" : null}>${text}</a>`;
  return html`<${Screen} title=${page ? t(`house.${parts[0]}`) : t("screen.house")}>
    <nav class="choice" aria-label=${t("screen.house")}>
      ${link(t("house.now"))} ${link(t("house.audit"), "audit")} ${link(t("house.openings"), "openings")}
    </nav>
    ${page ? html`<${page} key=${parts[0]} />` : html`<${Now} person=${person} />`}
  <//>`;
}

function Now({ person }) {
  const house = useRead("/v1/house", { at_least: null }, OF_HOUSE);
  // Positions and whoever has fallen silent are told by nobody: they are asked for, while somebody looks.
  useEffect(() => {
    const timer = setInterval(() => document.hidden || house.again(), SECONDS * 1000);
    return () => clearInterval(timer);
  }, []);
  const may = person.role === "ops" || !person.role;
  return html`<${Loaded} read=${house}
    >${(found) => html`
      <p class=${found.healthy ? "good" : "trouble"} role="status">
        ${found.healthy ? t("house.well", { position: number(found.log_position) }) : t("house.unwell")}
      </p>
      <${Trouble} house=${found} />
      <${DeadLetters} may=${may} /><${Tasks} />
      <${Relay} house=${found} /><${Projections} lines=${found.projections} may=${may} />
      <${Reactions} lines=${found.reactions} /><${Webhooks} lines=${found.webhooks} />
    `}<//
  >`;
}

/** What no table below says. */
function Trouble({ house }) {
  const found = [
    !house.nats_answers && t("house.no_nats"),
    ...house.silent.map((service) => t("house.silent", { service })),
    house.left_out_by_every_reader > 0 && t("house.left_out_by_all", { n: house.left_out_by_every_reader }),
  ].filter(Boolean);
  return found.length > 0 && html`<ul class="plain-list">${found.map((text) => html`<li>${text}</li>`)}</ul>`;
}
