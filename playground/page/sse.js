/** Server-sent events from a byte stream. Chunks may end anywhere, even within a line end or a UTF-8 character. */

export const DONE = "[DONE]";

/** Yields the data of each event. Skips comments, and an event without its final blank line. */
export async function* eventData(chunks, onText = () => {}) {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  let data = [];
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    onText(text);
    rest += text;
    let from = 0;
    for (;;) {
      const end = lineEnd(rest, from);
      if (end === null) break;
      const line = rest.slice(from, end.at);
      from = end.next;
      if (line === "") {
        if (data.length) yield data.join("\n");
        data = [];
      } else if (line.startsWith("data:")) {
        data.push(line.slice(line[5] === " " ? 6 : 5));
      }
    }
    rest = rest.slice(from);
  }
}

/** The end of the line that starts at `from`: \n, \r\n or \r. Null if it is not in this text, or not known yet. */
function lineEnd(text, from) {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\n") return { at, next: at + 1 };
    if (text[at] === "\r") {
      // The \n that belongs to it may come with the next chunk.
      if (at + 1 === text.length) return null;
      return { at, next: text[at + 1] === "\n" ? at + 2 : at + 1 };
    }
  }
  return null;
}

/** The chunks of a response's body; stopping early cancels it. */
export async function* bodyChunks(body) {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
