/** The view of an error: its message, codes, and the request ID that the API's operator can look up. */

import { button, copy, element } from "./dom.js";

export function failureView(failure) {
  const facts = [
    ["Status", failure.status],
    ["Code", failure.code],
    ["Type", failure.type],
    ["Parameter", failure.param],
    ["Retry after", failure.retryAfter && `${failure.retryAfter} s`],
    ["Request ID", failure.requestId],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  const list = element("dl", {}, ...facts.flatMap(([name, value]) => [
    element("dt", {}, name),
    element("dd", {}, element("code", {}, String(value)), name === "Request ID" ? copyButton(String(value), "request ID") : null),
  ]));
  const body = failure.body
    ? element("details", {}, element("summary", {}, "Raw response"), element("pre", { tabIndex: 0 }, failure.body))
    : null;
  return element("div", { className: "failure", attributes: { role: "group", "aria-label": "Error" } },
    element("p", { className: "failure-message" }, failure.message), facts.length ? list : null, body);
}

export function copyButton(text, what) {
  const made = button("Copy", (event) => copy(typeof text === "function" ? text() : text, event.currentTarget), "quiet small");
  made.setAttribute("aria-label", `Copy ${what}`);
  return made;
}
