/** A request as code: for curl, and for OpenAI's Python package. Both read the key from a variable. */

/** Parameters that OpenAI's package does not know; it passes them on in `extra_body`. */
const EXTRA = ["top_k", "typical_p", "repetition_penalty"];

export function asCurl(root, request) {
  const body = JSON.stringify(request.body).replaceAll("'", "'\\''");
  return [
    `curl --no-buffer '${root}${request.path}' \\`,
    '  -H "Authorization: Bearer $FALCONRY_API_KEY" \\',
    "  -H 'Content-Type: application/json' \\",
    `  -d '${body}'`,
  ].join("\n");
}

export function asPython(root, request) {
  const chat = request.path.endsWith("chat/completions");
  const known = Object.entries(request.body).filter(([name]) => !EXTRA.includes(name));
  const extra = Object.fromEntries(Object.entries(request.body).filter(([name]) => EXTRA.includes(name)));
  const args = known.map(([name, value]) => `    ${name}=${literal(value)},`);
  if (Object.keys(extra).length) args.push(`    extra_body=${literal(extra)},`);
  const create = chat ? "client.chat.completions.create" : "client.completions.create";
  const text = chat ? (request.body.stream ? "delta.content" : "message.content") : "text";
  const print = request.body.stream
    ? ["for chunk in answer:", "    for choice in chunk.choices:", `        print(choice.${text} or "", end="", flush=True)`, "print()"]
    : ["for choice in answer.choices:", `    print(choice.${text})`];
  return [
    "import os", "", "from openai import OpenAI", "",
    `client = OpenAI(base_url=${literal(`${root}v1`)}, api_key=os.environ["FALCONRY_API_KEY"])`,
    `answer = ${create}(`, ...args, ")", ...print, "",
  ].join("\n");
}

/** A JSON value as Python writes it. A JSON string is a Python string too. */
function literal(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${literal(item)}`).join(", ")}}`;
  }
  return JSON.stringify(value);
}
