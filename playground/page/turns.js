/** One turn of a conversation: the prompt, the answer as it arrives, and its figures. */

import { button, copy, element } from "./dom.js";
import { failureView } from "./failure.js";
import { measure } from "./generation.js";
import { wireView } from "./wire.js";

const ENDS = {
  length: ["note", "The answer reached the token limit. For a longer one, raise max_completion_tokens or max_tokens."],
  stopped: ["note", "Stopped."],
  cut: ["bad", "The answer was interrupted: the connection closed before the stream's end marker. The text received so far is above."],
};

/** A view of `turn`. `update` shows new text; `actions.retry` is offered if `last` is true. */
export function turnView(turn, number, modelOf, actions) {
  const answers = element("div", { className: "answers" });
  const below = element("div", { className: "below" });
  const label = turn.mode === "completion" ? "Prompt" : "You";
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
  /** Appends only new text, so that long answers stay fast. */
  function showText(index, text, count) {
    if (!shown[index]) {
      const place = document.createTextNode("");
      answers.append(element("div", { className: "text" }, count > 1 ? element("p", { className: "choice" }, `Answer ${index + 1}`) : null, place));
      shown[index] = place;
    }
    const written = shown[index].data.length;
    // Chat models begin with a space, because the template ends with a colon.
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
  if (answer.status === "done" && !answer.texts.some(Boolean)) made.push(element("p", { className: "end note" }, "The model returned no text."));
  if (answer.dropped) made.push(element("p", { className: "end note" }, `Dropped ${answer.dropped} of the oldest messages: they did not fit in the context.`));
  const given = answer.status === "given";
  if (!given && answer.status !== "failed") made.push(figures(answer, model));
  if (answer.failure === null && answer.requestId) {
    made.push(element("p", { className: "request-id faint" }, "Request ID ", element("code", {}, answer.requestId)));
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
    took.seconds === null ? null : ["total", time(took.seconds)],
    took.usd === null
      ? (model ? ["cost", "price unknown"] : null)
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
