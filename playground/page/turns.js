/** One turn of a conversation: what was asked, the answer as it comes, what it took. */

import { button, copy, element } from "./dom.js";
import { failureView } from "./failure.js";
import { measure } from "./generation.js";
import { wireView } from "./wire.js";

const ENDS = {
  length: ["note", "It ended at the token limit. Raise max_completion_tokens or max_tokens for more."],
  stopped: ["note", "Stopped."],
  cut: ["bad", "The answer was cut: the connection ended before the API's end mark. What came is above."],
};

/** A view of `turn`, whose `update` shows what came since; `actions` has `retry`, offered where `last` says so. */
export function turnView(turn, number, modelOf, actions) {
  const answers = element("div", { className: "answers" });
  const below = element("div", { className: "below" });
  const label = turn.mode === "completion" ? "Text to continue" : "You";
  const node = element("div", { className: "turn" },
    element("article", { className: "asked", attributes: { "aria-label": label } },
      element("p", { className: "who" }, label), element("div", { className: "text" }, turn.prompt)));
  const answerNode = element("article", { className: "answer", attributes: { "aria-label": "Falcon" } },
    element("p", { className: "who" }, turn.model ?? "Falcon"), answers, below);
  if (turn.answer) node.append(answerNode);
  const shown = [];
  function update({ last = false } = {}) {
    const { answer } = turn;
    if (!answer) return;
    const running = answer.status === "running";
    answerNode.setAttribute("aria-busy", String(running));
    answerNode.classList.toggle("running", running);
    answer.texts.forEach((text, index) => showText(index, text ?? "", answer.texts.length));
    if (!running) below.replaceChildren(...footer(turn, number, modelOf(turn.model), last ? actions : null));
  }
  /** Only what is new is added: a long answer stays quick. */
  function showText(index, text, count) {
    if (!shown[index]) {
      const place = document.createTextNode("");
      answers.append(element("div", { className: "text" }, count > 1 ? element("p", { className: "choice" }, `Answer ${index + 1}`) : null, place));
      shown[index] = place;
    }
    const written = shown[index].data.length;
    // Chat models begin with a space, which the template's colon asks for.
    const wanted = index >= 0 && turn.mode === "chat" ? text.trimStart() : text;
    if (wanted.length > written) shown[index].appendData(wanted.slice(written));
  }
  return { node, update };
}

function footer(turn, number, model, actions) {
  const { answer } = turn;
  const made = [];
  if (answer.failure) made.push(failureView(answer.failure));
  if (ENDS[answer.status]) {
    const [kind, words] = ENDS[answer.status];
    made.push(element("p", { className: `end ${kind}` }, words));
  }
  if (answer.status === "done" && !answer.texts.some(Boolean)) made.push(element("p", { className: "end note" }, "The model had nothing to add."));
  if (answer.dropped) made.push(element("p", { className: "end note" }, `The oldest ${answer.dropped} messages did not fit and were left out.`));
  const given = answer.status === "given";
  if (!given && answer.status !== "failed") made.push(figures(answer, model));
  if (answer.failure === null && answer.requestId) {
    made.push(element("p", { className: "request-id faint" }, "Request ", element("code", {}, answer.requestId)));
  }
  const row = element("div", { className: "actions" });
  const text = answer.texts.filter(Boolean).join("\n\n");
  if (text) row.append(button("Copy answer", (event) => copy(text, event.currentTarget)));
  if (actions && !given) row.append(button("Retry", actions.retry));
  if (row.childElementCount) made.push(row);
  if (turn.request) made.push(wireView(turn, number));
  return made;
}

function figures(answer, model) {
  const took = measure(answer, model);
  const facts = [
    took.first === null ? null : ["first token", time(took.first)],
    took.perSecond === null ? null : ["speed", `${took.perSecond.toFixed(1)} tokens/s`],
    ["tokens", `${took.counted ? "about " : ""}${took.tokens}${took.promptTokens === null ? "" : ` (prompt ${took.promptTokens})`}`],
    took.seconds === null ? null : ["in all", time(took.seconds)],
    took.usd === null
      ? (model ? ["cost", "no price known"] : null)
      : ["cost", dollars(took.usd)],
  ].filter(Boolean);
  return element("dl", { className: "figures" }, ...facts.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

function time(seconds) {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

function dollars(usd) {
  return usd >= 0.01 ? `$${usd.toFixed(3)}` : `$${usd.toPrecision(2)}`;
}
