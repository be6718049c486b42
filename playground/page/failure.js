/** A failure in full: what happened, its codes, and the id that the API's operator can look up. */

import { button, copy, element } from "./dom.js";

export function failureView(failure) {
  const facts = [
    ["Status", failure.status],
    ["Code", failure.code],
    ["Type", failure.type],
    ["Parameter", failure.param],
    ["Try again in", failure.retryAfter && `${failure.retryAfter} s`],
    ["Request id", failure.requestId],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  const list = element("dl", {}, ...facts.flatMap(([name, value]) => [
    element("dt", {}, name),
    element("dd", {}, element("code", {}, String(value)), name === "Request id" ? copyButton(String(value), "request id") : null),
  ]));
  const body = failure.body
    ? element("details", {}, element("summary", {}, "The API's words"), element("pre", { tabIndex: 0 }, failure.body))
    : null;
  return element("div", { className: "failure", attributes: { role: "group", "aria-label": "Error" } },
    element("p", { className: "failure-message" }, failure.message), facts.length ? list : null, body);
}

export function copyButton(text, what) {
  const made = button("Copy", (event) => copy(typeof text === "function" ? text() : text, event.currentTarget), "quiet small");
  made.setAttribute("aria-label", `Copy ${what}`);
  return made;
}
