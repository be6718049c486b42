/** Form fields for the API's parameters. Names, types and ranges come from the API's OpenAPI document. */

/** Parameters that the page sets outside the form. */
const ELSEWHERE = ["model", "messages", "prompt", "stream_options"];

export const ROUTES = {
  chat: { path: "v1/chat/completions", schema: "ChatCompletionRequest" },
  completion: { path: "v1/completions", schema: "CompletionRequest" },
};

/** Fields for the properties of a request body, without unsupported ones (an `enum` of neutral values). */
export function fieldsOf(schema) {
  return Object.entries(schema.properties)
    .filter(([name, property]) => !ELSEWHERE.includes(name) && !property.enum)
    .map(([name, property]) => fieldOf(name, property));
}

function fieldOf(name, property) {
  const variants = (property.anyOf ?? [property]).filter((variant) => variant.type !== "null");
  const list = variants.find((variant) => variant.type === "array");
  const variant = list ?? variants[0];
  return {
    name,
    kind: list ? "lines" : variant.type,
    description: property.description ?? "",
    minimum: variant.minimum ?? variant.exclusiveMinimum ?? null,
    maximum: variant.maximum ?? variant.exclusiveMaximum ?? null,
    above: variant.exclusiveMinimum !== undefined,
    below: variant.exclusiveMaximum !== undefined,
    most: list?.maxItems ?? null,
  };
}

/** The range in words: "0 to 2", "above 0". */
export function rangeOf(field) {
  if (field.kind === "lines") return field.most ? `at most ${field.most}, one per line` : "one per line";
  const { minimum, maximum, above, below } = field;
  const words = [];
  if (minimum !== null && maximum !== null && !above && !below && maximum < 1e6) return `${minimum} to ${maximum}`;
  if (minimum !== null && minimum > -1e6) words.push(above ? `above ${minimum}` : `at least ${minimum}`);
  if (maximum !== null && maximum < 1e6) words.push(below ? `below ${maximum}` : `at most ${maximum}`);
  return words.join(", ");
}

/** Whether to show a slider: the field is a number within a small range. */
export function isSliding(field) {
  return field.kind === "number" && field.minimum !== null && field.maximum !== null && field.maximum - field.minimum <= 10;
}

/** The request value for a field's text: {value}, {} if empty, or {mistake}. */
export function valueOf(field, text) {
  if (text === "" || text === null || text === undefined) return {};
  if (field.kind === "boolean") return { value: text === "true" };
  if (field.kind === "string") return { value: text };
  if (field.kind === "lines") return linesOf(field, text);
  if (field.kind === "object") return objectOf(text);
  const number = Number(text.trim());
  if (text.trim() === "" || !Number.isFinite(number)) return { mistake: "is not a number" };
  if (field.kind === "integer" && !Number.isSafeInteger(number)) return { mistake: "is not a whole number, or is too large for the browser" };
  const { minimum, maximum, above, below } = field;
  if (minimum !== null && (above ? number <= minimum : number < minimum)) return { mistake: `must be ${rangeOf(field)}` };
  if (maximum !== null && (below ? number >= maximum : number > maximum)) return { mistake: `must be ${rangeOf(field)}` };
  return { value: number };
}

/** One value per line. Spaces are kept, and \n in a line is a line break. */
function linesOf(field, text) {
  const value = text.split("\n").filter((line) => line !== "")
    .map((line) => line.replace(/\\(\\|n|t)/g, (_, mark) => ({ n: "\n", t: "\t" })[mark] ?? "\\"));
  if (field.most !== null && value.length > field.most) return { mistake: `accepts at most ${field.most} values` };
  return value.length ? { value } : {};
}

function objectOf(text) {
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { value };
    return { mistake: "is not a JSON object" };
  } catch (error) {
    return { mistake: `is not valid JSON: ${error.message}` };
  }
}

/** The field's text for a request value. */
export function textOf(field, value) {
  if (field.kind === "lines") {
    return [value].flat().map((line) => line.replace(/[\\\n\t]/g, (mark) => ({ "\n": "\\n", "\t": "\\t" })[mark] ?? "\\\\")).join("\n");
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
