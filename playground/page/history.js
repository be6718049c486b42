/** The list of conversations in this browser. */

import { byId, confirmed, download, element } from "./dom.js";
import { conversations, remove } from "./store.js";

/** Fills the list; `onOpen(id)` opens a conversation, `current` is the open one's id. */
export function showHistory(current, onOpen) {
  const kept = conversations();
  byId("no-conversations").hidden = kept.length > 0;
  byId("history-actions").hidden = kept.length === 0;
  byId("conversations").replaceChildren(...kept.map((conversation) => {
    const open = element("button", { type: "button" }, conversation.title);
    if (conversation.id === current) open.setAttribute("aria-current", "true");
    open.addEventListener("click", () => onOpen(conversation.id));
    return element("li", {}, open);
  }));
}

export function exportConversations(kept, name) {
  download(`${name}.json`, { exported: new Date().toISOString(), conversations: kept });
}

/** Resolves to whether they were deleted. */
export async function deleteAll() {
  const kept = conversations();
  const question = kept.length === 1
    ? "Delete the conversation? This is the only copy."
    : `Delete all ${kept.length} conversations? These are the only copies.`;
  if (!(await confirmed(question))) return false;
  for (const { id } of kept) remove(id);
  return true;
}
