/** A line over time. The numbers are also there as a table, for whoever does not see it. */
import { html } from "./html.js";
import { day, number, t } from "./texts.js";

const WIDTH = 600;
const HEIGHT = 160;
const LEFT = 4;
const TOP = 8;

/** `points` are `{ on, value }`, oldest first; `shown` writes a value. The scale has `min` and `max` in it. */
export function Chart({ label, points, shown = number, min = null, max = null }) {
  const values = points.map((point) => point.value);
  const low = Math.min(min ?? Infinity, ...values);
  const high = Math.max(max ?? -Infinity, ...values, low + 1);
  const times = points.map((point) => Date.parse(point.on));
  const long = Math.max(times[times.length - 1] - times[0], 1);
  const x = (time) => LEFT + ((time - times[0]) / long) * (WIDTH - 2 * LEFT);
  const y = (value) => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - 2 * TOP);
  const line = points.map((point, at) => `${x(times[at]).toFixed(1)},${y(point.value).toFixed(1)}`).join(" ");
  const base = y(Math.max(low, Math.min(0, high)));
  const grid = [low, (low + high) / 2, high];
  return html`<figure class="chart">
    <figcaption>${label}</figcaption>
    <div class="plot" aria-hidden="true">
      <div class="scale">
        ${[...grid].reverse().map((value) => html`<span>${shown(Math.round(value))}</span>`)}
      </div>
      <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none">
        ${grid.map((value) => html`<line x1="0" x2=${WIDTH} y1=${y(value)} y2=${y(value)} class="grid" />`)}
        <polygon
          points=${`${x(times[0])},${base} ${line} ${x(times[times.length - 1])},${base}`}
          class="area"
        />
        <polyline points=${line} class="line" />
      </svg>
    </div>
    <div class="ends quiet" aria-hidden="true">
      <span>${day(points[0].on)}</span><span>${day(points[points.length - 1].on)}</span>
    </div>
    <details>
      <summary>${t("as_table")}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">${t("day")}</th>
            <th scope="col">${label}</th>
          </tr>
        </thead>
        <tbody>
          ${points.map(
            (point) =>
              html`<tr>
                <td>${day(point.on)}</td>
                <td class="amount">${shown(point.value)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>
  </figure>`;
}
