/** How to reach a customer: one tap for each channel they agreed to, and the addresses to read. */
import { html } from "../html.js";
import { t, word } from "../texts.js";

const CHANNELS = {
  call: {
    kind: "phone",
    scheme: "tel:",
    icon: "M6 3h4l1.5 5-2.5 1.5a11 11 0 0 0 5.5 5.5L16 12.5l5 1.5v4a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2z",
  },
  text: { kind: "phone", scheme: "sms:", icon: "M4 5h16v11H10l-5 4v-4H4zM8 9h8M8 12h5" },
  write: { kind: "email", scheme: "mailto:", icon: "M3 6h18v12H3zM3 7l9 7 9-7" },
};

/** `channels` are those that they agreed to; `points` their contact points, written out where `addressed`. */
export function Reach({ points, channels, addressed = true }) {
  const reached = channels.map((channel) => ({
    channel,
    ...CHANNELS[channel],
    point: points.find((one) => one.kind === CHANNELS[channel].kind),
  }));
  const addresses = [...new Set(reached.map((one) => one.point?.value).filter(Boolean))];
  if (!channels.length) return html`<p class="quiet">${t("today.no_channel")}</p>`;
  return html`<ul class="reach">
      ${reached.map(
        ({ channel, scheme, icon, point }) =>
          html`<li key=${channel}>
            ${
              point
                ? html`<a
                    class="button"
                    href=${scheme + point.value.replace(/\s/g, "")}
                    aria-label=${`${word("reach", channel)} ${point.value}`}
                    ><svg aria-hidden="true" viewBox="0 0 24 24"><path d=${icon} /></svg
                    >${word("reach", channel)}</a
                  >`
                : html`<span class="tag">${word("channel", channel)}</span>`
            }
          </li>`,
      )}
    </ul>
    ${addressed && addresses.length > 0 && html`<p class="quiet addresses">${addresses.map((one) => html`<span
      key=${one}>${one}</span>`)}</p>`}`;
}
