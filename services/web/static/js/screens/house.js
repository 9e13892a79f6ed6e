/** House: how the services are, each projection with its lag, and what needs somebody. */
import { get, Problem } from "../api.js";
import { html, useEffect, useState } from "../html.js";
import { Loaded, Screen } from "../parts.js";
import { number, t, word } from "../texts.js";

const SECONDS = 5;

/** The health, asked again every few seconds: what is unwell may say nothing by itself. */
function useHealth() {
  const [state, setState] = useState({ data: null, error: null });
  useEffect(() => {
    const ask = () =>
      get("/v1/health").then(
        (data) => setState({ data, error: null }),
        (error) =>
          setState(
            error instanceof Problem && error.status === 503
              ? { data: { healthy: false, reasons: error.errors, projections: [] }, error: null }
              : { data: null, error },
          ),
      );
    ask();
    const timer = setInterval(ask, SECONDS * 1000);
    return () => clearInterval(timer);
  }, []);
  return state;
}

export default function House() {
  return html`<${Screen} title=${t("screen.house")}
    ><${Loaded} read=${useHealth()}
      >${(health) => html`
        <p class=${health.healthy ? "good" : "trouble"} role="status">
          ${health.healthy ? t("house.well", { position: number(health.log_position) }) : t("house.unwell")}
        </p>
        ${
          !health.healthy &&
          html`<ul class="plain-list">
            ${health.reasons.map((one) => html`<li><strong>${one.field}</strong>: ${one.message}</li>`)}
          </ul>`
        }
        ${
          health.projections.length > 0 &&
          html`<div class="card wide" tabindex="0" role="region" aria-label=${t("house.projections")}>
            <table>
              <caption class="visually-hidden">
                ${t("house.projections")}
              </caption>
              <thead>
                <tr>
                  <th scope="col">${t("house.projection")}</th>
                  <th scope="col">${t("house.doing")}</th>
                  <th scope="col" class="amount">${t("house.lag")}</th>
                  <th scope="col" class="amount">${t("house.parked")}</th>
                </tr>
              </thead>
              <tbody>
                ${health.projections.map(
                  (one) =>
                    html`<tr key=${one.name}>
                      <th scope="row">${one.name}</th>
                      <td>${word("doing", one.doing)}</td>
                      <td class="amount">${number(one.lag_events)}</td>
                      <td class="amount">${number(one.parked_keys)}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
        }
      `}<//
    ><//
  >`;
}
