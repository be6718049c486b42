/** The panels at both sides. On a narrow screen, an open panel covers the page until it loses the focus. */

import { byId } from "./dom.js";

const NARROW = matchMedia("(max-width: 60rem)");
const SIDES = ["history", "settings"];

export function openPanels() {
  for (const side of SIDES) {
    byId(`toggle-${side}`).addEventListener("click", () => setOpen(byId(side).classList.contains("open") ? null : side));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && SIDES.some((side) => byId(side).classList.contains("open"))) {
      event.stopPropagation();
      closePanels();
    }
  }, { capture: true });
  for (const event of ["focusin", "pointerdown"]) document.addEventListener(event, closeFrom);
  NARROW.addEventListener("change", () => setOpen(null));
  setOpen(null);
}

/** Closes the panels, and focuses the button that opened one. */
export function closePanels() {
  const open = SIDES.find((side) => byId(side).classList.contains("open"));
  setOpen(null);
  if (open && NARROW.matches) byId(`toggle-${open}`).focus();
}

/** Closes the open panel when the user turns to something else. */
function closeFrom({ target }) {
  const open = SIDES.find((side) => byId(side).classList.contains("open"));
  const within = open && (byId(open).contains(target) || byId(`toggle-${open}`).contains(target));
  if (open && !within && !byId("confirm").open) setOpen(null);
}

function setOpen(opened) {
  for (const side of SIDES) {
    const open = side === opened;
    byId(side).classList.toggle("open", open);
    byId(side).inert = NARROW.matches && !open;
    byId(`toggle-${side}`).setAttribute("aria-expanded", String(open));
  }
  if (opened) byId(opened).querySelector("button, select, input")?.focus();
}
