/** Keys: 1 to 9 open screens, / goes to the search field. They can be switched off. */
import { go, hrefOf } from "./router.js";
import { screensOf } from "./screens.js";
import { session } from "./session.js";
import { Store } from "./store.js";

const KEPT = "clienteling.shortcuts";

export const shortcutsOn = new Store(
  localStorage.getItem(KEPT) !== "off" && matchMedia("(hover: hover)").matches,
);

export function toggleShortcuts() {
  localStorage.setItem(KEPT, shortcutsOn.value ? "off" : "on");
  shortcutsOn.set(!shortcutsOn.value);
}

addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea, dialog");
  if (
    !shortcutsOn.value ||
    typing ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    !session.value?.signedIn
  )
    return;
  const screen = screensOf(session.value)[Number(event.key) - 1];
  if (screen) go(hrefOf(screen.name));
  if (event.key === "/") {
    const search = document.querySelector("input[type=search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});
