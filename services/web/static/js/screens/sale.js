/** A sale: lines, who sold them, and the customer. */
import { newId } from "../api.js";
import { html, useState } from "../html.js";
import { CommandForm, Field } from "../parts.js";
import { minorOf, money, t } from "../texts.js";
import { PickCustomer } from "./pick_customer.js";
import { Sellers, sharesOf } from "./sellers.js";
import { useShop } from "./shop.js";

const EMPTY = { sku: "", description: "", department: "", quantity: "1", price: "", discount: "" };

export function Sale({ person }) {
  const [turn, setTurn] = useState(0);
  const [last, setLast] = useState(null);
  return html`${last && html`<p class="good" role="status">${last}</p>`}
    <${Form}
      key=${turn}
      person=${person}
      onDone=${(text) => {
        setLast(text);
        setTurn(turn + 1);
      }}
    />`;
}

function Form({ person, onDone }) {
  const shop = useShop(person);
  const [lines, setLines] = useState([EMPTY]);
  const [customer, setCustomer] = useState(null);
  const [sellers, setSellers] = useState(
    person.associate_id ? [{ associate_id: person.associate_id, percent: "100" }] : [],
  );
  const [receipt, setReceipt] = useState("");
  const set = (at, name) => (event) =>
    setLines(lines.map((line, n) => (n === at ? { ...line, [name]: event.target.value } : line)));
  const amountOf = (line) =>
    (minorOf(line.price, shop.currency) ?? 0) * (Number(line.quantity) || 0) -
    (minorOf(line.discount || "0", shop.currency) ?? 0);
  const total = lines.reduce((sum, line) => sum + amountOf(line), 0);
  const commands = () => {
    if (!shop.id) return t("sell.no_store");
    const shares = sharesOf(sellers);
    if (typeof shares === "string") return shares;
    const sold = [];
    for (const [at, line] of lines.entries()) {
      const n = at + 1;
      const price = minorOf(line.price, shop.currency);
      const discount = line.discount.trim() ? minorOf(line.discount, shop.currency) : 0;
      if (!line.sku.trim()) return t("sell.sku_missing", { line: n });
      if (price === null || discount === null) return t("sell.price_wrong", { line: n });
      if (!/^[1-9]\d{0,6}$/.test(line.quantity.trim())) return t("sell.quantity_wrong", { line: n });
      sold.push({
        sku: line.sku.trim(),
        quantity: Number(line.quantity),
        unit_price_minor: price,
        attribution: shares,
        ...(line.description.trim() ? { description: line.description.trim() } : {}),
        ...(line.department ? { department: line.department } : {}),
        ...(discount ? { discount_minor: discount } : {}),
      });
    }
    return [
      [
        "record-sale",
        {
          sale_id: newId("sal"),
          store_id: shop.id,
          currency: shop.currency,
          lines: sold,
          ...(customer ? { customer_id: customer.customer_id } : {}),
          ...(receipt.trim() ? { receipt_no: receipt.trim() } : {}),
        },
      ],
    ];
  };
  const done = ({ waiting, warnings }) =>
    onDone(
      [
        waiting
          ? t("sell.kept", { amount: money(total, shop.currency) })
          : t("sell.sold", { amount: money(total, shop.currency) }),
        ...warnings,
      ].join(" "),
    );
  return html`<${CommandForm}
    label=${t("screen.sell")}
    button=${t("sell.record", { amount: money(total, shop.currency) })}
    commands=${commands}
    onDone=${done}
  >
    ${shop.field}
    <${PickCustomer} picked=${customer} onPick=${setCustomer} />
    ${lines.map(
      (line, at) =>
        html`<fieldset key=${at}>
          <legend>${t("sell.line", { line: at + 1 })}</legend>
          <div class="columns narrow line">
            <${Field} label=${t("sku")} value=${line.sku} autocomplete="off" onInput=${set(at, "sku")} />
            <${Field}
              label=${t("quantity")}
              inputmode="numeric"
              value=${line.quantity}
              onInput=${set(at, "quantity")}
            />
            <${Field}
              label=${t("price", { currency: shop.currency })}
              inputmode="decimal"
              value=${line.price}
              onInput=${set(at, "price")}
            />
          </div>
          <details>
            <summary>${t("sell.line_more")}</summary>
            <div class="columns narrow">
              <${Field}
                label=${t("description")}
                value=${line.description}
                autocomplete="off"
                onInput=${set(at, "description")}
              />
              <${Field}
                label=${t("discount")}
                inputmode="decimal"
                value=${line.discount}
                onInput=${set(at, "discount")}
              />
              <${Field}
                label=${t("department")}
                value=${line.department}
                autocomplete="off"
                onInput=${set(at, "department")}
              />
            </div>
          </details>
          ${lines.length > 1 && html`<button type="button"
            onClick=${() => setLines(lines.filter((_, n) => n !== at))}>
              ${t("sell.remove_line", { line: at + 1 })}</button>`}
        </fieldset>`,
    )}
    <button type="button" onClick=${() => setLines([...lines, EMPTY])}>${t("sell.add_line")}</button>
    <${Sellers} sellers=${sellers} onChange=${setSellers} store=${shop.id} person=${person} />
    <${Field}
      label=${t("sell.receipt")}
      value=${receipt}
      autocomplete="off"
      onInput=${(event) => setReceipt(event.target.value)}
    />
  <//>`;
}
