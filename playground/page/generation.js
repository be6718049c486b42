/** One answer: sends the request, reads the response as it arrives, and measures it. */

import { Failure, failureOf, send } from "./api.js";
import { jsonOf } from "./json.js";
import { bodyChunks, DONE, eventData } from "./sse.js";

/** Characters of a raw response that are kept for display. */
const RAW_LIMIT = 2_000_000;

/**
 * Sends `request` ({path, body}) and keeps `answer` up to date: {texts, status, failure, requestId, times, usage, ...}.
 * `status` is "running", then "done", "length", "stopped", "cut" or "failed". Never throws. Calls `onChange` after each
 * change.
 */
export async function generate(request, answer, { signal, onChange }) {
  const began = performance.now();
  const since = () => (performance.now() - began) / 1000;
  try {
    const response = await send(request.path, { body: JSON.stringify(request.body), signal });
    answer.requestId = response.headers.get("x-request-id");
    answer.dropped = Number(response.headers.get("x-falconry-messages-dropped") ?? 0);
    answer.raw = `HTTP ${response.status}\n${[...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n")}\n\n`;
    const streamed = (response.headers.get("content-type") ?? "").startsWith("text/event-stream");
    if (streamed) await follow(response.body, answer, since, onChange);
    else await takeWhole(response, answer, since);
  } catch (error) {
    if (error.name === "AbortError") answer.status = "stopped";
    else {
      answer.status = "failed";
      answer.failure = (error instanceof Failure ? error : new Failure(String(error))).plain();
      answer.failure.requestId ??= answer.requestId;
    }
  }
  answer.seconds = since();
  onChange();
}

async function follow(body, answer, since, onChange) {
  const onText = (text) => { if (answer.raw.length < RAW_LIMIT) answer.raw += text; };
  try {
    for await (const data of eventData(bodyChunks(body), onText)) {
      if (data === DONE) {
        answer.status = answer.finish.includes("length") ? "length" : "done";
        return;
      }
      const value = jsonOf(data);
      if (value === null) throw new Failure("The stream contains an event that is not JSON.", { body: data });
      if (value.error) throw failureOf(value);
      takeEvent(value, answer, since);
      onChange();
    }
  } catch (error) {
    if (error.name === "AbortError" || error instanceof Failure) throw error;
    // The connection broke: keep the text so far, and mark the answer as interrupted.
  }
  answer.status = "cut";
}

function takeEvent(value, answer, since) {
  if (value.usage) answer.usage = value.usage;
  for (const choice of value.choices ?? []) {
    const text = choice.delta?.content ?? choice.text ?? "";
    answer.texts[choice.index] = (answer.texts[choice.index] ?? "") + text;
    if (choice.finish_reason) answer.finish[choice.index] = choice.finish_reason;
    if (text) {
      answer.first ??= since();
      answer.last = since();
      answer.pieces += 1;
    }
  }
}

async function takeWhole(response, answer, since) {
  const text = await response.text();
  answer.raw += text;
  const value = jsonOf(text);
  if (value === null) throw new Failure("The response is not JSON.", { status: response.status, body: text });
  for (const choice of value.choices) {
    answer.texts[choice.index] = choice.message?.content ?? choice.text ?? "";
    answer.finish[choice.index] = choice.finish_reason;
  }
  answer.usage = value.usage;
  answer.status = answer.finish.includes("length") ? "length" : "done";
  answer.last = since();
}

export function newAnswer() {
  return {
    texts: [], finish: [], status: "running", failure: null, requestId: null, dropped: 0,
    usage: null, first: null, last: null, pieces: 0, seconds: null, raw: "",
  };
}

/**
 * The answer's time in seconds, tokens, and cost in US dollars. `tokens` is the API's count if the answer is complete;
 * otherwise the number of chunks (`counted`). Cost = time × instance price, assuming no other traffic.
 */
export function measure(answer, model) {
  const counted = !answer.usage;
  const tokens = counted ? answer.pieces : answer.usage.completion_tokens;
  const between = answer.first === null ? 0 : answer.last - answer.first;
  return {
    first: answer.first,
    seconds: answer.seconds,
    tokens,
    counted,
    promptTokens: answer.usage?.prompt_tokens ?? null,
    perSecond: between > 0 && tokens > 1 ? (tokens - 1) / between : null,
    usd: model?.usd_per_hour && answer.seconds ? (model.usd_per_hour * answer.seconds) / 3600 : null,
  };
}
