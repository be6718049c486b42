/** The request for a conversation's next answer. */

import { ROUTES } from "./schema.js";

/** {path, body} for the answer to `turn`, the last of `turns`. `parameters` are those of the form. */
export function requestFor(turns, turn, parameters) {
  const { path } = ROUTES[turn.mode];
  const stream = parameters.stream ?? true;
  const options = stream ? { stream_options: { include_usage: true } } : {};
  const about = turn.mode === "chat" ? { messages: messagesOf(turns, turn) } : { prompt: turn.prompt };
  return { path, body: { model: turn.model, ...about, ...parameters, stream, ...options } };
}

/** The earlier turns that were answered, and the new message. */
function messagesOf(turns, turn) {
  const messages = turn.system ? [{ role: "system", content: turn.system }] : [];
  for (const one of turns) {
    if (one === turn) break;
    const said = one.answer?.texts[0]?.trim();
    if (one.mode !== "chat" || !said) continue;
    messages.push({ role: "user", content: one.prompt }, { role: "assistant", content: said });
  }
  return [...messages, { role: "user", content: turn.prompt }];
}

/** A sample as the page shows it: {mode, system, given (earlier turns), prompt}. */
export function openingOf(sample) {
  if (sample.kind === "completion") return { mode: "completion", system: "", given: [], prompt: sample.prompt };
  const rest = sample.messages.filter(({ role }) => role !== "system");
  const given = [];
  for (let index = 0; index + 1 < rest.length; index += 2) given.push([rest[index].content, rest[index + 1].content]);
  return {
    mode: "chat",
    system: sample.messages.find(({ role }) => role === "system")?.content ?? "",
    given,
    prompt: rest.at(-1).content,
  };
}
