/** Taking goods back: from a receipt, or without one. A return is never refused, and no reason is asked for. */
import { newId } from "../api.js";
import { html, useState } from "../html.js";
import { CommandForm, Field, Loaded } from "../parts.js";
import { useRead } from "../reads.js";
import { go, hrefOf } from "../router.js";
import { day, minorOf, money, t } from "../texts.js";
import { PickCustomer } from "./pick_customer.js";
import { useShop } from "./shop.js";

export function TakeBack({ sale, person }) {
  const [last, setLast] = useState(null);
  const [turn, setTurn] = useState(0);
  const shop = useShop(person);
  const done = ({ waiting, warnings }) => {
    setLast([waiting ? t("back.kept") : t("back.done"), ...warnings].join(" "));
    setTurn(turn + 1);
    if (sale) go(hrefOf("sell", "return"), { replace: true });
  };
  return html`${last && html`<p class="good" role="status">${last}</p>`}${shop.field}
  ${
    sale
      ? html`<${FromReceipt}
          key=${`${sale}${turn}`}
          id=${sale}
          shop=${shop}
          person=${person}
          onDone=${done}
        />`
      : html`<${FindReceipt} /><${WithoutReceipt} key=${turn} shop=${shop} person=${person} onDone=${done} />`
  }`;
}

/** By the number that a receipt has; purchases on a customer's card lead here, too. */
function FindReceipt() {
  const [typed, setTyped] = useState("");
  const open = (event) => {
    event.preventDefault();
    if (typed.trim()) go(`${hrefOf("sell", "return")}?sale=${encodeURIComponent(typed.trim())}`);
  };
  return html`<form class="form inline" onSubmit=${open} aria-label=${t("back.receipt")}>
    <${Field}
      label=${t("back.receipt")}
      hint=${t("back.receipt_hint")}
      value=${typed}
      autocomplete="off"
      onInput=${(event) => setTyped(event.target.value)}
    />
    <div class="buttons"><button>${t("back.open")}</button></div>
  </form>`;
}

function FromReceipt({ id, shop, person, onDone }) {
  const sale = useRead(`/v1/sales/${encodeURIComponent(id)}`);
  return html`<${Loaded} read=${sale}
      >${(found) => html`<${Lines} sale=${found} shop=${shop} person=${person} onDone=${onDone} />`}<//
    >
    ${sale.error && html`<p><a href=${hrefOf("sell", "return")}>${t("back.without")}</a></p>`}`;
}

const leftOf = (line) => line.quantity - line.returned;

function Lines({ sale, shop, person, onDone }) {
  const [units, setUnits] = useState({});
  const chosen = sale.lines.filter((line) => units[line.line_no] > 0);
  const commands = () => {
    if (!chosen.length) return t("back.nothing");
    return [
      [
        "accept-return",
        {
          return_id: newId("ret"),
          sale_id: sale.sale_id,
          store_id: shop.id || sale.store_id,
          lines: chosen.map((line) => ({ line_no: line.line_no, quantity: units[line.line_no] })),
          ...(person.associate_id ? { accepted_by: person.associate_id } : {}),
        },
      ],
    ];
  };
  return html`<${CommandForm}
    label=${t("sell.back")}
    button=${t("sell.back")}
    commands=${commands}
    onDone=${onDone}
  >
    <p class="quiet">
      ${sale.receipt_no ?? sale.sale_id} · ${day(sale.sold_at)} · ${money(sale.net_minor, sale.currency)}
    </p>
    <ul class="cards">
      ${sale.lines.map(
        (line) =>
          html`<li class="card" key=${line.line_no}>
            <label class="check"
              ><input
                type="checkbox"
                disabled=${leftOf(line) === 0}
                checked=${units[line.line_no] > 0}
                onChange=${(event) => setUnits({ ...units, [line.line_no]: event.target.checked ? leftOf(line) : 0 })}
              />
              <span
                >${line.description || line.sku}
                <span class="amount">${money(line.net_minor, sale.currency)}</span>
                ${leftOf(line) === 0 && html` <span class="tag">${t("back.all_back")}</span>`}</span
              ></label
            >
            ${
              units[line.line_no] > 0 &&
              leftOf(line) > 1 &&
              html`<${Field}
                label=${t("quantity")}
                type="number"
                min="1"
                max=${leftOf(line)}
                value=${units[line.line_no]}
                onInput=${(event) => setUnits({ ...units, [line.line_no]: Number(event.target.value) })}
              />`
            }
          </li>`,
      )}
    </ul>
  <//>`;
}

function WithoutReceipt({ shop, person, onDone }) {
  const [what, setWhat] = useState("");
  const [refund, setRefund] = useState("");
  const [customer, setCustomer] = useState(null);
  const commands = () => {
    const amount = minorOf(refund, shop.currency);
    if (!what.trim()) return t("back.what_missing");
    if (amount === null) return t("back.refund_wrong");
    if (!shop.id) return t("sell.no_store");
    return [
      [
        "accept-return",
        {
          return_id: newId("ret"),
          store_id: shop.id,
          currency: shop.currency,
          lines: [{ description: what.trim(), refund_minor: amount }],
          ...(customer ? { customer_id: customer.customer_id } : {}),
          ...(person.associate_id ? { accepted_by: person.associate_id } : {}),
        },
      ],
    ];
  };
  return html`<${CommandForm}
    label=${t("back.without")}
    button=${t("sell.back")}
    commands=${commands}
    onDone=${onDone}
  >
    <h2>${t("back.without")}</h2>
    <${Field}
      label=${t("back.what")}
      value=${what}
      autocomplete="off"
      onInput=${(event) => setWhat(event.target.value)}
    />
    <${Field}
      label=${t("back.refund", { currency: shop.currency })}
      inputmode="decimal"
      value=${refund}
      onInput=${(event) => setRefund(event.target.value)}
    />
    <${PickCustomer} picked=${customer} onPick=${setCustomer} />
  <//>`;
}
