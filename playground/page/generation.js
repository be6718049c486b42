/** One answer: the request, what comes of it as it comes, and what it took. */

import { Failure, failureOf, send } from "./api.js";
import { jsonOf } from "./json.js";
import { bodyChunks, DONE, eventData } from "./sse.js";

const RAW_LIMIT = 2_000_000;
/** Characters of a raw response that are kept to be shown. */

/**
 * Sends `request` ({path, body}) and keeps `answer` up to date: {texts, status, failure, requestId, times, usage, ...}.
 * `status` is "running", then "done", "length", "stopped", "cut" or "failed". Never throws. `onChange` is called when
 * something came.
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
      if (value === null) throw new Failure("An event of the stream is not JSON.", { body: data });
      if (value.error) throw failureOf(value);
      takeEvent(value, answer, since);
      onChange();
    }
  } catch (error) {
    if (error.name === "AbortError" || error instanceof Failure) throw error;
    // The connection broke: what came is shown, and shown as cut.
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
  if (value === null) throw new Failure("The answer is not JSON.", { status: response.status, body: text });
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
 * What an answer took: seconds, tokens and US dollars. `tokens` is the API's count where it came to its end, otherwise
 * that of the pieces (`counted`). The cost is one instance's price for the time: what it is if nobody else asks.
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
