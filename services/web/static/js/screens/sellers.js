/** Who sold: one associate, or a split in per cent that adds to 100. */
import { html } from "../html.js";
import { Field } from "../parts.js";
import { useRead } from "../reads.js";
import { t } from "../texts.js";

/** The shares in basis points, or what is wrong with them. Nobody at all: the sale is the house's. */
export function sharesOf(sellers) {
  const shares = sellers.map((one) => ({
    associate_id: one.associate_id,
    share_bp: Math.round(Number(one.percent.replace(",", ".")) * 100),
  }));
  if (shares.some((one) => !one.associate_id)) return t("sell.seller_missing");
  if (new Set(shares.map((one) => one.associate_id)).size < shares.length) return t("sell.seller_twice");
  if (shares.some((one) => !(one.share_bp > 0))) return t("sell.share_wrong");
  if (shares.length && shares.reduce((sum, one) => sum + one.share_bp, 0) !== 10_000)
    return t("sell.share_sum");
  return shares;
}

/** `heroes`: of an act, who share nothing. */
export function Sellers({ sellers, onChange, store, person, heroes = false }) {
  const colleagues = useColleagues(store, person);
  const set = (at, name) => (event) =>
    onChange(sellers.map((one, n) => (n === at ? { ...one, [name]: event.target.value } : one)));
  const add = () => {
    const percent = String(Math.floor(10_000 / (sellers.length + 1)) / 100);
    const first = { ...sellers[0], percent: String(100 - Number(percent) * sellers.length) };
    onChange(
      sellers.length
        ? [first, ...sellers.slice(1).map((one) => ({ ...one, percent })), { associate_id: "", percent }]
        : [{ associate_id: "", percent: "100" }],
    );
  };
  return html`<fieldset>
    <legend>${heroes ? t("heroics.heroes") : t("sell.sellers")}</legend>
    ${sellers.length === 0 && !heroes && html`<p class="quiet">${t("sell.house")}</p>`}
    ${sellers.map(
      (one, at) =>
        html`<div class="columns narrow" key=${at}>
          <${Field}
            label=${t("associate")}
            as="select"
            value=${one.associate_id}
            onChange=${set(at, "associate_id")}
          >
            <option value="">${t("choose")}</option>
            ${colleagues.map(([id, name]) => html`<option value=${id}>${name}</option>`)}<//
          >
          ${!heroes && sellers.length > 1 && html`<${Field} label=${t("sell.share")} inputmode="decimal" value=${one.percent}
            onInput=${set(at, "percent")} />`}
          <button type="button" onClick=${() => onChange(sellers.filter((_, n) => n !== at))}>
            ${t("remove")}
          </button>
        </div>`,
    )}
    <button type="button" onClick=${add}>${heroes ? t("heroics.add_hero") : t("sell.add_seller")}</button>
  </fieldset>`;
}

/** Ids and names of who works in a store, as far as the person may see them; themselves in any case. */
function useColleagues(store, person) {
  const found = useRead(store ? `/v1/stores/${encodeURIComponent(store)}/colleagues` : null, {}, () => false);
  const named = (found.data?.colleagues ?? []).map((one) => [one.associate_id, one.name ?? one.associate_id]);
  const own =
    person.associate_id && !named.some(([id]) => id === person.associate_id)
      ? [[person.associate_id, t("me")]]
      : [];
  return [...own, ...named];
}
