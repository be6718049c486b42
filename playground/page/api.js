/** The API that serves this page: its URL, the user's key, requests and errors. */

import { jsonOf } from "./json.js";

/** The API's base URL. It is relative to the page, which may be below a stage or a custom domain's path. */
export const ROOT = new URL(location.pathname.replace(/\/playground\/?$/, "/"), location.origin).href;

const KEY = "falconry key";

/** The key, in sessionStorage: it is gone when the tab closes, and no other tab sees it. */
export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

/** An error with its details. The API's operator can find `requestId` in the logs. */
export class Failure extends Error {
  constructor(message, { status = null, code = null, type = null, param = null, requestId = null, retryAfter = null, body = "" } = {}) {
    super(message);
    Object.assign(this, { status, code, type, param, requestId, retryAfter, body });
  }

  /** A plain object, to store with a conversation. */
  plain() {
    const { message, status, code, type, param, requestId, retryAfter, body } = this;
    return { message, status, code, type, param, requestId, retryAfter, body };
  }
}

/** The Failure for an error object of the API, from a response body or an event in a stream. */
export function failureOf(value, more = {}) {
  const error = value?.error ?? {};
  const told = typeof error.message === "string" ? error.message : value?.message;
  return new Failure(told || "The API returned an error without a message.", {
    code: error.code ?? null, type: error.type ?? null, param: error.param ?? null,
    body: JSON.stringify(value, null, 2), ...more,
  });
}

/** Sends a request and returns a successful response. Throws Failure, or AbortError when stopped. */
export async function send(path, { body = null, signal = null } = {}) {
  const headers = { authorization: `Bearer ${key.get()}` };
  if (body !== null) headers["content-type"] = "application/json";
  let response;
  try {
    response = await fetch(ROOT + path, {
      method: body === null ? "GET" : "POST", headers, body, signal,
      cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(`No response from ${ROOT}: ${error.message}. Check your network connection, and that the API is running.`);
  }
  if (response.ok) return response;
  const text = await response.text();
  const value = jsonOf(text);
  const more = {
    status: response.status,
    requestId: response.headers.get("x-request-id") ?? response.headers.get("x-amzn-requestid"),
    retryAfter: response.headers.get("retry-after"),
  };
  throw value ? failureOf(value, more)
    : new Failure(`The API returned ${response.status} without an error message.`, { ...more, body: text.slice(0, 4000) });
}

/** The deployed models' names, and the schemas of the request bodies. */
export async function discover() {
  const [models, description] = await Promise.all(
    ["v1/models", "openapi.json"].map((path) => send(path).then((response) => response.json())));
  return { models: models.data.map((model) => model.id), schemas: description.components.schemas };
}
