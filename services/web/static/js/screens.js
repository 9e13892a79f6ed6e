/** The screens, who has them, and the code that is loaded when one is opened. */

const ICONS = {
  today: "M5 6h14v14H5zM5 10h14M9 3v4M15 3v4M9 15l2 2 4-4",
  book: "M6 4h11a1 1 0 0 1 1 1v15l-3-2-3 2-3-2-3 2zM9 9h6M9 13h6",
  sell: "M4 7h16l-2 12H6zM9 7a3 3 0 0 1 6 0",
  pay: "M4 7h16v11H4zM12 10v5M10 11h3a1 1 0 0 1 0 2h-2a1 1 0 0 0 0 2h3",
  team: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM16 11a3 3 0 1 0 0-6M3 19a5 5 0 0 1 10 0M15 14a5 5 0 0 1 6 5",
  payroll: "M5 4h14v16H5zM9 8h6M9 12h6M9 16h3",
  house: "M4 12l8-7 8 7M6 11v8h12v-8M10 19v-5h4v5",
  heroics: "M12 4l2.4 5 5.6.7-4 3.9 1 5.4-5-2.7-5 2.7 1-5.4-4-3.9 5.6-.7z",
};

const LOADED = {
  today: () => import("./screens/today.js"),
  book: () => import("./screens/book.js"),
  customer: () => import("./screens/customer.js"),
  sell: () => import("./screens/sell.js"),
  heroics: () => import("./screens/heroics.js"),
  payroll: () => import("./screens/payroll.js"),
  house: () => import("./screens/house.js"),
  pay: () => import("./screens/pay.js"),
  team: () => import("./screens/team.js"),
};

const BY_ROLE = {
  associate: ["today", "book", "sell", "pay", "heroics"],
  manager: ["team", "today", "book", "sell", "heroics"],
  point_of_sale: ["sell"],
  payroll: ["payroll"],
  ops: ["house"],
  auditor: ["heroics", "house"],
};
const OF_OWN_BOOK = new Set(["today", "book", "pay"]);

/** The screens of a person, in their order. Where authentication is off, all of them. */
export function screensOf(person) {
  const names = person.role
    ? (BY_ROLE[person.role] ?? [])
    : Object.keys(LOADED).filter((name) => name in ICONS);
  return names
    .filter((name) => person.associate_id || !OF_OWN_BOOK.has(name))
    .map((name) => ({ name, icon: ICONS[name] }));
}

/** The module of a screen; its default export is the component. */
export const loadScreen = (name) => LOADED[name]?.();
export const isScreen = (name) => name in LOADED;
