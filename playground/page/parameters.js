/** The form for the API's parameters. */

import { element } from "./dom.js";
import { isSliding, rangeOf, textOf, valueOf } from "./schema.js";

/** A form with `fields` in `place`. `values` holds the fields' texts by name; changes call `onChange`. */
export function parameterForm(place, fields, values, onChange) {
  const rows = fields.map((field) => parameterRow(field, values, onChange));
  place.replaceChildren(...rows.map((row) => row.node));
  return {
    /** The request's parameters. If one is invalid, focuses its field and throws Error with a sentence. */
    read() {
      const given = {};
      for (const { field, input, check } of rows) {
        const { value, mistake } = check();
        if (mistake) {
          input.focus();
          throw new Error(`${field.name} ${mistake}.`);
        }
        if (value !== undefined) given[field.name] = value;
      }
      return given;
    },
    /** Fills in the `given` parameters and clears the others. */
    write(given) {
      for (const { field, show } of rows) show(field.name in given ? textOf(field, given[field.name]) : "");
    },
  };
}

function parameterRow(field, values, onChange) {
  const id = `parameter-${field.name}`;
  const help = element("p", { id: `${id}-help`, className: "faint" }, field.description);
  const mistake = element("p", { id: `${id}-mistake`, className: "mistake" });
  const input = control(field, id);
  input.setAttribute("aria-describedby", `${id}-mistake ${id}-help`);
  const slider = isSliding(field) ? sliderOf(field) : null;
  const check = () => {
    const result = valueOf(field, input.value);
    mistake.textContent = result.mistake ? `${result.mistake[0].toUpperCase()}${result.mistake.slice(1)}.` : "";
    input.toggleAttribute("aria-invalid", Boolean(result.mistake));
    if (result.mistake) input.setAttribute("aria-invalid", "true");
    return result;
  };
  const show = (text) => {
    input.value = text;
    if (slider) {
      slider.value = text === "" ? slider.dataset.rest : text;
      slider.classList.toggle("unset", text === "");
    }
    values[field.name] = text;
    check();
  };
  input.addEventListener("input", () => { show(input.value); onChange(); });
  slider?.addEventListener("input", () => { show(slider.value); onChange(); });
  show(values[field.name] ?? "");
  const range = rangeOf(field);
  const label = element("label", { htmlFor: id }, element("code", {}, field.name), range ? element("span", { className: "range" }, range) : null);
  const wide = field.kind === "lines" || field.kind === "object";
  const controls = slider ? element("div", { className: "slide" }, slider, input) : input;
  return { field, input, check, show, node: element("div", { className: wide ? "parameter wide" : "parameter" }, label, controls, mistake, help) };
}

function control(field, id) {
  if (field.kind === "boolean") {
    return element("select", { id }, ...["", "true", "false"].map((value) => element("option", { value }, value || "default")));
  }
  if (field.kind === "lines" || field.kind === "object") {
    return element("textarea", { id, rows: 2, spellcheck: false, placeholder: field.kind === "object" ? "{}" : "" });
  }
  const inputMode = field.kind === "integer" ? "numeric" : field.kind === "number" ? "decimal" : "text";
  return element("input", { id, type: "text", inputMode, autocomplete: "off", placeholder: "default" });
}

/** For mouse and touch; keyboards and screen readers use the field next to it. */
function sliderOf(field) {
  const rest = Math.min(Math.max(1, field.minimum), field.maximum);
  const made = element("input", { type: "range", min: field.minimum, max: field.maximum, step: 0.05, tabIndex: -1 });
  made.dataset.rest = rest;
  made.setAttribute("aria-hidden", "true");
  return made;
}
