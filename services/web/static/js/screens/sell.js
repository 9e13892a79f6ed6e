/** Sell, and take back; both work without a link. */
import { html } from "../html.js";
import { Screen } from "../parts.js";
import { hrefOf } from "../router.js";
import { t } from "../texts.js";
import { Sale } from "./sale.js";
import { TakeBack } from "./take_back.js";

export default function Sell({ parts, query, person }) {
  const back = parts[0] === "return";
  return html`<${Screen} title=${back ? t("sell.back") : t("screen.sell")}>
    <nav class="choice" aria-label=${t("screen.sell")}>
      <a href=${hrefOf("sell")} aria-current=${back ? null : "page"}>${t("screen.sell")}</a>
      <a href=${hrefOf("sell", "return")} aria-current=${back ? "page" : null}>${t("sell.back")}</a>
    </nav>
    ${back ? html`<${TakeBack} key=${query.get("sale")} sale=${query.get("sale")}
      person=${person} />` : html`<${Sale} person=${person} />`}
  <//>`;
}
