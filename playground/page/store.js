/** Conversations and settings in the browser's storage. Each conversation is an entry, so that two tabs do not overwrite
 * each other's. Only an export takes them out of the browser. */

import { ROOT } from "./api.js";
import { jsonOf } from "./json.js";

const PREFIX = `falconry ${new URL(ROOT).pathname} `;
const CONVERSATION = `${PREFIX}conversation `;
const SETTINGS = `${PREFIX}settings`;

/** All conversations, the newest first. */
export function conversations() {
  return Object.keys(localStorage)
    .filter((name) => name.startsWith(CONVERSATION))
    .map((name) => jsonOf(localStorage.getItem(name)))
    .filter((value) => value && Array.isArray(value.turns))
    .sort((a, b) => b.updated - a.updated);
}

export function conversationOf(id) {
  const value = jsonOf(localStorage.getItem(CONVERSATION + id) ?? "");
  if (!value || !Array.isArray(value.turns)) return null;
  for (const { answer } of value.turns) {
    // It was running when the user left the page.
    if (answer?.status === "running") answer.status = "cut";
  }
  return value;
}

/** Throws QuotaExceededError when the browser's storage is full. */
export function keep(conversation) {
  const turns = conversation.turns.map((turn) => ({ ...turn, answer: turn.answer && { ...turn.answer, raw: "" } }));
  localStorage.setItem(CONVERSATION + conversation.id, JSON.stringify({ ...conversation, turns }));
}

export function remove(id) {
  localStorage.removeItem(CONVERSATION + id);
}

export function settings() {
  return jsonOf(localStorage.getItem(SETTINGS) ?? "") ?? {};
}

export function keepSettings(value) {
  localStorage.setItem(SETTINGS, JSON.stringify(value));
}

/** Calls back when another tab changed a conversation. */
export function onOtherTab(callback) {
  addEventListener("storage", (event) => {
    if (event.key === null || event.key.startsWith(CONVERSATION)) callback();
  });
}
