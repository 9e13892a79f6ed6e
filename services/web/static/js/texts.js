/** Texts of the app, money and dates, in the language of the person. */
export const LANGUAGES = { en: "English", de: "Deutsch" };
const KEPT = "clienteling.language";

function wanted() {
  const given = [localStorage.getItem(KEPT), ...navigator.languages].filter(Boolean);
  return given.find((one) => one.slice(0, 2) in LANGUAGES) ?? "en";
}

export const locale = wanted();
export const language = locale.slice(0, 2);
const { texts } = await import(`./texts/${language}.js`);
document.documentElement.lang = language;

/** Choose another language; the page begins anew. */
export function chooseLanguage(code) {
  localStorage.setItem(KEPT, code);
  location.reload();
}

const plurals = new Intl.PluralRules(locale);

/** A text, with what stands in braces filled in. `n` chooses between `key.one` and `key.other`. */
export function t(key, values = {}) {
  const plural = "n" in values ? `${key}.${plurals.select(values.n)}` : key;
  const text = texts[plural] ?? texts[`${key}.other`] ?? texts[key];
  if (text === undefined) throw new Error(`no text ${key}`);
  return text.replace(/{(\w+)}/g, (_, name) => (name === "n" ? number(values.n) : String(values[name])));
}

/** The text of a code that the API has; codes that are newer than this app are shown as they are. */
export function word(prefix, code) {
  const key = `${prefix}.${code}`;
  return key in texts ? t(key) : String(code).replaceAll("_", " ");
}

export const number = (value) => new Intl.NumberFormat(locale).format(value);

/** How many decimal places a currency has. */
export function exponent(currency) {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions()
      .maximumFractionDigits;
  } catch {
    return 2;
  }
}

/** An amount of minor units. */
export function money(minor, currency) {
  if (minor === null || minor === undefined) return "";
  const places = exponent(currency ?? "USD");
  // Adding 0 makes 0 of -0.
  const value = minor / 10 ** places + 0;
  if (!currency) return new Intl.NumberFormat(locale, { minimumFractionDigits: places }).format(value);
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(value);
}

/** The minor units of an amount as somebody types it; null for what is none. */
export function minorOf(text, currency) {
  const decimal = new Intl.NumberFormat(locale)
    .formatToParts(1.5)
    .find((part) => part.type === "decimal").value;
  const plain = text.trim().replace(/[\s'’]/g, "");
  const cleaned =
    decimal === "," && plain.includes(",")
      ? plain.replaceAll(".", "").replace(",", ".")
      : plain.replaceAll(",", "");
  if (!/^\d+(\.\d+)?$/.test(cleaned)) return null;
  const [whole, part = ""] = cleaned.split(".");
  const places = exponent(currency);
  if (part.length > places) return null;
  return Number(whole + part.padEnd(places, "0"));
}

/** Basis points as per cent. */
export const percent = (bp) =>
  new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }).format(bp / 10_000);

const thisYear = dayFromNow(0).slice(0, 4);

/** A day, with its year where it is of another one. */
export function day(text) {
  if (!text) return "";
  const year = text.slice(0, 4) === thisYear ? undefined : "numeric";
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year, timeZone: "UTC" }).format(
    new Date(`${text.slice(0, 10)}T00:00:00Z`),
  );
}

const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

/** A day of the days around today as people say it ("3 days ago"), any other one as it is. */
export function near(text) {
  const days = (Date.parse(text.slice(0, 10)) - Date.parse(dayFromNow(0))) / 86_400_000;
  return Math.abs(days) <= 6 ? relative.format(days, "day") : t("on_day", { day: day(text) });
}

/** With a capital letter first. */
export const asSentence = (text) => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);

/** What there is of these, in one line. */
export const inLine = (...parts) => parts.flat().filter(Boolean).join(" · ");

export const moment = (text) =>
  text
    ? new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text))
    : "";
export const hours = (minutes) => t("hours", { n: Math.round(minutes / 6) / 10 });

/** Today, or so many days later, as the API writes days. */
export function dayFromNow(days) {
  const then = new Date(Date.now() + days * 86_400_000);
  return new Date(then.getTime() - then.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
