/** JSON that may be none. */

/** The object or list that `text` is, or null. */
export function jsonOf(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
