/** Elements and small helpers for every view. Strings are inserted as text, never as markup. */

export function byId(id) {
  return document.getElementById(id);
}

/** An element with properties (`className`, `type`), attributes under `attributes`, and children: nodes or strings. */
export function element(name, properties = {}, ...children) {
  const { attributes = {}, ...rest } = properties;
  const made = Object.assign(document.createElement(name), rest);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function button(text, onClick, className = "quiet") {
  const made = element("button", { type: "button", className }, text);
  made.addEventListener("click", onClick);
  return made;
}

/** Announces `text` once to screen readers. */
export function announce(text) {
  byId("status").textContent = text;
}

/** Asks for confirmation before data is deleted. Resolves to true if the user confirms. */
export function confirmed(question) {
  const dialog = byId("confirm");
  byId("confirm-text").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

export function download(name, value) {
  const url = URL.createObjectURL(new Blob([JSON.stringify(value, null, 2)], { type: "application/json" }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Copies text to the clipboard and shows that briefly on the button. */
export async function copy(text, pressed) {
  const before = pressed.textContent;
  try {
    await navigator.clipboard.writeText(text);
    pressed.textContent = "Copied";
    announce("Copied");
  } catch {
    pressed.textContent = "Copy manually";
  }
  setTimeout(() => { pressed.textContent = before; }, 1500);
}
