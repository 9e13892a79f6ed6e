/** What can be written down about a customer, each a form of one command. */
import { html, useState } from "../html.js";
import { Choice, CommandForm, Field } from "../parts.js";
import { dayFromNow, t, word } from "../texts.js";

const options = (prefix, codes) =>
  codes.map((code) => html`<option value=${code}>${word(prefix, code)}</option>`);
const given = (values) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== null));

/** A form of fields: `fields` are `[name, label, properties]`; `commands` makes commands of the values. */
function form(initial, fields, commands) {
  return function Form({ customer, person, close, ...more }) {
    const [values, setValues] = useState(typeof initial === "function" ? initial(more) : initial);
    const set = (name) => (event) =>
      setValues({
        ...values,
        [name]: event.target.type === "checkbox" ? event.target.checked : event.target.value,
      });
    const asked = () => {
      const missing = fields.find(([name, , { required } = {}]) => required && !String(values[name]).trim());
      return missing
        ? t("missing", { what: t(missing[1]) })
        : commands({ customer_id: customer }, values, person.associate_id);
    };
    return html`<${CommandForm} label=${t("save")} commands=${asked} onDone=${close} onCancel=${close}
      >${fields.map(([name, label, { choices, prefix, type, required: _, ...rest } = {}]) => {
        if (type === "checkbox")
          return html`<label class="check" key=${name}
            ><input type="checkbox" checked=${values[name]} onChange=${set(name)} /> ${t(label)}</label
          >`;
        if (choices)
          return html`<${Field}
            key=${name}
            label=${t(label)}
            as="select"
            value=${values[name]}
            onChange=${set(name)}
            >${options(prefix, choices)}<//
          >`;
        return html`<${Field}
          key=${name}
          label=${t(label)}
          type=${type}
          value=${values[name]}
          autocomplete="off"
          onInput=${set(name)}
          ...${rest}
        />`;
      })}<//
    >`;
  };
}

const CHANNELS = ["call", "text", "write"];
const text = { as: "textarea", rows: 4, maxlength: 2000, required: true };

function Preferences({ card, customer, close }) {
  const [allowed, setAllowed] = useState({ call: false, text: false, write: false, ...card.preferences });
  const commands = () =>
    CHANNELS.filter((channel) => allowed[channel] !== Boolean(card.preferences[channel])).map((channel) => [
      "set-contact-preference",
      { customer_id: customer, channel, allowed: allowed[channel] },
    ]);
  return html`<${CommandForm}
    label=${t("add.preferences")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    ${CHANNELS.map(
      (channel) =>
        html`<label class="check" key=${channel}
          ><input
            type="checkbox"
            checked=${allowed[channel]}
            onChange=${(event) => setAllowed({ ...allowed, [channel]: event.target.checked })}
          />
          ${word("channel", channel)}</label
        >`,
    )}
  <//>`;
}

function Kept({ follow_up: promise, customer, person, close }) {
  const commands = () => [
    [
      "complete-follow-up",
      {
        customer_id: promise.record ?? customer,
        follow_up_id: promise.follow_up_id,
        completed_by: person.associate_id,
      },
    ],
  ];
  return html`<${CommandForm}
    label=${t("card.kept")}
    button=${t("card.kept")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
    ><p>${promise.reason}</p><//
  >`;
}

function Contact({ customer, person, close }) {
  const [channel, setChannel] = useState("call");
  const [purpose, setPurpose] = useState("thank_you");
  const [answered, setAnswered] = useState(true);
  const commands = () => [
    ["log-contact", { customer_id: customer, channel, purpose, contacted_by: person.associate_id, answered }],
  ];
  return html`<${CommandForm}
    label=${t("add.contact")}
    commands=${commands}
    onDone=${close}
    onCancel=${close}
  >
    <${Choice}
      label=${t("channel")}
      value=${channel}
      onChoose=${setChannel}
      options=${CHANNELS.map((one) => [one, word("channel", one)])}
    />
    <${Field}
      label=${t("purpose")}
      as="select"
      value=${purpose}
      onChange=${(event) => setPurpose(event.target.value)}
      >${options("purpose", ["thank_you", "wish", "occasion", "follow_up", "lapsing"])}<//
    >
    <label class="check"
      ><input type="checkbox" checked=${answered} onChange=${(event) => setAnswered(event.target.checked)} />
      ${t("today.answered")}</label
    >
  <//>`;
}

export const FORMS = {
  preferences: Preferences,
  kept: Kept,
  contact: Contact,
  follow_up: form(
    { due_on: dayFromNow(7), reason: "" },
    [
      ["due_on", "today.on", { type: "date", required: true }],
      ["reason", "today.why", text],
    ],
    (who, values, by) => [["plan-follow-up", { ...who, ...values, associate_id: by }]],
  ),
  note: form({ text: "" }, [["text", "note", text]], (who, values, by) => [
    ["add-note", { ...who, ...values, written_by: by }],
  ]),
  wish: form(
    { label: "", sku: "", size: "", note: "" },
    [
      ["label", "label"],
      ["sku", "sku"],
      ["size", "size_label"],
      ["note", "note"],
    ],
    (who, values, by) =>
      Object.values(values).some((value) => value.trim())
        ? [["record-wish", { ...who, ...given(values), recorded_by: by }]]
        : t("wish_missing"),
  ),
  size: form(
    { kind: "", size: "", label: "" },
    [
      ["kind", "article", { required: true }],
      ["size", "size_label", { required: true }],
      ["label", "label"],
    ],
    (who, values) => [["record-size", { ...who, ...given(values) }]],
  ),
  taste: form(
    { kind: "label", value: "" },
    [
      ["kind", "kind", { choices: ["label", "designer", "colour", "department"], prefix: "taste" }],
      ["value", "value", { required: true }],
    ],
    (who, values) => [["record-taste", { ...who, ...values }]],
  ),
  occasion: form(
    { kind: "birthday", on: "", description: "" },
    [
      ["kind", "kind", { choices: ["birthday", "anniversary", "trip", "other"], prefix: "occasion" }],
      ["on", "day", { type: "date", required: true }],
      ["description", "note"],
    ],
    (who, values) => [["record-occasion", { ...who, ...given(values) }]],
  ),
  point: form(
    { kind: "phone", value: "" },
    [
      ["kind", "kind", { choices: ["phone", "email", "address"], prefix: "point" }],
      ["value", "value", { required: true }],
    ],
    (who, values) => [["add-contact-point", { ...who, ...values }]],
  ),
  name: form(
    { name: "", address_as: "" },
    [
      ["name", "name", { required: true }],
      ["address_as", "address_as"],
    ],
    (who, values, by) => [["learn-name", { ...who, ...given(values), learned_by: by }]],
  ),
};
