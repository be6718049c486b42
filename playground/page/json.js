/** Text that may or may not be JSON. */

/** The object or list in `text`, or null if it is not JSON. */
export function jsonOf(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
