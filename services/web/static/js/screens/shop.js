/** The store that somebody sells in, and its currency; kept in the browser, so that it is known without a link. */
import { html, useState } from "../html.js";
import { Field } from "../parts.js";
import { useRead } from "../reads.js";
import { t } from "../texts.js";

const KEPT = "clienteling.store";
const kept = () => JSON.parse(localStorage.getItem(KEPT) ?? "null");

/** `{ id, currency, field }`: the store chosen, and a field to choose another one where there are several. */
export function useShop(person) {
  const found = useRead("/v1/stores", {}, () => false);
  const known = (found.data?.stores ?? []).filter(
    (one) => person.stores.length === 0 || person.stores.includes(one.store_id),
  );
  const [chosen, setChosen] = useState(kept()?.store_id ?? person.stores[0] ?? "");
  const ids = known.length ? known.map((one) => one.store_id) : person.stores;
  const id = ids.includes(chosen) || !ids.length ? chosen : ids[0];
  const store =
    known.find((one) => one.store_id === id) ??
    (kept()?.store_id === id ? kept() : { store_id: id, currency: "USD" });
  if (known.includes(store))
    localStorage.setItem(
      KEPT,
      JSON.stringify({ store_id: store.store_id, currency: store.currency, name: store.name }),
    );
  const field =
    ids.length > 1 &&
    html`<${Field}
      label=${t("store")}
      as="select"
      value=${id}
      onChange=${(event) => setChosen(event.target.value)}
    >
      ${ids.map((one) => html`<option value=${one}>
        ${known.find((shop) => shop.store_id === one)?.name ?? one}</option>`)}<//
    >`;
  return { id: store.store_id, currency: store.currency ?? "USD", field };
}
