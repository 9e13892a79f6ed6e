/** Book: one's own customers; search as you type, sort, filter. */
import { newId } from "../api.js";
import { html, useState } from "../html.js";
import { CommandForm, Dialog, Empty, Field, Loaded, Screen } from "../parts.js";
import { usePages, useRead, useSettled } from "../reads.js";
import { go, hrefOf } from "../router.js";
import { day, inLine, money, number, t } from "../texts.js";

const SORTS = ["-net_spend", "-score", "-last_visit", "last_visit", "name", "-visits", "last_contact"];
const ROLES = ["primary", "secondary", "all"];
const ONLY = ["", "lapsing", "waiting", "occasion_near"];
const PAGE = 30;

export default function Book({ person }) {
  const owner = person.associate_id;
  const [typed, setTyped] = useState("");
  const [sort, setSort] = useState("-net_spend");
  const [role, setRole] = useState("primary");
  const [only, setOnly] = useState("");
  const [adding, setAdding] = useState(false);
  const q = useSettled(typed.trim());
  const path = `/v1/associates/${owner}/book`;
  const params = { limit: PAGE, sort, role, q, scores: true, ...(only ? { only } : {}) };
  const book = useRead(
    path,
    params,
    (change) => change.associate_id === undefined || change.associate_id === owner,
  );
  return html`<${Screen}
    title=${t("screen.book")}
    actions=${html`<button type="button" onClick=${() => setAdding(true)}>${t("book.add")}</button>`}
  >
    <div class="filters" role="search">
      <${Field}
        label=${t("book.search")}
        type="search"
        value=${typed}
        autocomplete="off"
        onInput=${(event) => setTyped(event.target.value)}
      />
      <${Field}
        label=${t("book.sort")}
        as="select"
        value=${sort}
        onChange=${(event) => setSort(event.target.value)}
      >
        ${SORTS.map((one) => html`<option value=${one}>${t(`sort.${one}`)}</option>`)}<//
      >
      <${Field}
        label=${t("book.whose")}
        as="select"
        value=${role}
        onChange=${(event) => setRole(event.target.value)}
      >
        ${ROLES.map((one) => html`<option value=${one}>${t(`whose.${one}`)}</option>`)}<//
      >
      <${Field}
        label=${t("book.only")}
        as="select"
        value=${only}
        onChange=${(event) => setOnly(event.target.value)}
      >
        ${ONLY.map((one) => html`<option value=${one}>${t(`only.${one || "all"}`)}</option>`)}<//
      >
    </div>
    <${Loaded} read=${book}
      >${(page) => html`
        <p class="quiet" role="status">${t("book.total", { n: page.total })}</p>
        ${page.customers.length === 0 && html`<${Empty}
          text=${q || only ? t("book.none_found") : t("book.empty")} />`}
        <${Pages} key=${JSON.stringify(params) + page.next} first=${page} path=${path} params=${params} />
      `}<//
    >
    ${adding && html`<${Dialog} title=${t("book.add")} onClose=${() => setAdding(false)}><${Register}
      person=${person} /><//>`}
  <//>`;
}

/** The first page, and those behind it as they are asked for. */
function Pages({ first, path, params }) {
  const [all, more] = usePages(first, path, (next) => ({ ...params, cursor: next }));
  return html`<ul class="cards">
      ${all.flatMap((page) => page.customers.map((one) => html`<${Row} key=${one.customer_id}
        customer=${one} score=${page.scores?.[one.customer_id]} />`))}
    </ul>
    ${more && html`<p class="center"><button type="button" onClick=${more}>${t("more")}</button></p>`}`;
}

function Row({ customer, score }) {
  const name = customer.name ?? customer.reference ?? t("no_name");
  return html`<li class="card row">
    <a class="whole" href=${hrefOf("customer", customer.customer_id)}>
      <span class="card-head">
        <span><strong>${name}</strong>${customer.address_as && customer.address_as !== name && html`${" "}<span
          class="quiet">${customer.address_as}</span>`}</span>
        <span class="amount end">${money(customer.net_spend_minor, customer.currency)}</span>
      </span>
      <span class="quiet">${inLine(
        score && t("score_of", { score: number(score.score ?? score) }),
        t("visits", { n: customer.visits }),
        customer.last_visit_at && t("book.last_visit", { day: day(customer.last_visit_at) }),
        customer.favourite_labels.slice(0, 2).join(", "),
        customer.next_follow_up_on && t("book.promised", { day: day(customer.next_follow_up_on) }),
      )}</span>
      ${customer.waiting.length > 0 && html`<span class="tags">
        ${t("book.waiting", { what: customer.waiting.map(waitedFor).join(", ") })}</span>`}
    </a>
  </li>`;
}

/** "label:Calzari" as people say it. */
export const waitedFor = (code) => code.replace(/^\w+:/, "");

/** A customer becomes known, in one's own book. */
function Register({ person }) {
  const [name, setName] = useState("");
  const [called, setCalled] = useState("");
  const [phone, setPhone] = useState("");
  const store = person.stores[0];
  const id = useState(() => newId("cus"))[0];
  const commands = () => {
    if (!name.trim()) return t("book.name_missing");
    return [
      [
        "register-customer",
        {
          customer_id: id,
          name: name.trim(),
          ...(called.trim() ? { address_as: called.trim() } : {}),
          ...(store ? { store_id: store } : {}),
        },
      ],
      ...(phone.trim()
        ? [["add-contact-point", { customer_id: id, kind: "phone", value: phone.trim() }]]
        : []),
    ];
  };
  return html`<${CommandForm}
    label=${t("book.add")}
    commands=${commands}
    onDone=${() => go(hrefOf("customer", id))}
  >
    <${Field}
      label=${t("name")}
      value=${name}
      autocomplete="off"
      onInput=${(event) => setName(event.target.value)}
    />
    <${Field}
      label=${t("address_as")}
      value=${called}
      autocomplete="off"
      onInput=${(event) => setCalled(event.target.value)}
    />
    <${Field}
      label=${t("phone")}
      type="tel"
      value=${phone}
      autocomplete="off"
      onInput=${(event) => setPhone(event.target.value)}
    />
  <//>`;
}
