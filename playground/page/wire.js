/** The HTTP request and response of one answer, and the request as code. */

import { ROOT } from "./api.js";
import { asCurl, asPython } from "./code.js";
import { element } from "./dom.js";
import { copyButton } from "./failure.js";

const VIEWS = [
  ["Request", "request", (turn) => `POST ${ROOT}${turn.request.path}\ncontent-type: application/json\nauthorization: Bearer (your key)\n\n${JSON.stringify(turn.request.body, null, 2)}`],
  ["Response", "response", (turn) => turn.answer.raw || turn.answer.failure?.body || "The raw response is no longer available: it is kept only until you leave or reload the page."],
  ["curl", "curl command", (turn) => asCurl(ROOT, turn.request)],
  ["Python", "Python program", (turn) => asPython(ROOT, turn.request)],
];

/** A collapsed view, filled when it is opened. */
export function wireView(turn, number) {
  const made = element("details", { className: "wire" }, element("summary", {}, "Request and response"));
  made.addEventListener("toggle", () => {
    made.querySelector(".views")?.remove();
    if (made.open) made.append(tabs(turn, number));
  });
  return made;
}

function tabs(turn, number) {
  const text = element("pre", { tabIndex: 0 });
  const place = element("div", { id: `wire-${number}`, className: "wire-text", attributes: { role: "tabpanel" } }, text);
  const made = VIEWS.map(([name, what, write], index) => {
    const tab = element("button", { type: "button", id: `wire-${number}-${index}`, attributes: { role: "tab", "aria-controls": place.id } }, name);
    tab.addEventListener("click", () => choose(index));
    return { tab, what, write };
  });
  function choose(chosen, focus = false) {
    made.forEach(({ tab, what, write }, index) => {
      tab.setAttribute("aria-selected", String(index === chosen));
      tab.tabIndex = index === chosen ? 0 : -1;
      if (index !== chosen) return;
      text.textContent = write(turn);
      place.setAttribute("aria-labelledby", tab.id);
      place.querySelector(".small")?.remove();
      place.append(copyButton(() => text.textContent, what));
      if (focus) tab.focus();
    });
  }
  const list = element("div", { className: "tabs", attributes: { role: "tablist", "aria-label": "Request and response" } }, ...made.map(({ tab }) => tab));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const now = made.findIndex(({ tab }) => tab.getAttribute("aria-selected") === "true");
    choose((now + step + made.length) % made.length, true);
  });
  choose(0);
  return element("div", { className: "views" }, list, place);
}
