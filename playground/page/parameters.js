/** The form of the parameters, made from the API's own description of them. */

import { element } from "./dom.js";
import { isSliding, rangeOf, textOf, valueOf } from "./schema.js";

/** A form over `fields` in `place`; `values` holds the fields' texts by name, and `onChange` is told of changes. */
export function parameterForm(place, fields, values, onChange) {
  const rows = fields.map((field) => parameterRow(field, values, onChange));
  place.replaceChildren(...rows.map((row) => row.node));
  return {
    /** The parameters of a request. Throws Error with a sentence, and moves the focus there, if one is wrong. */
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
    /** Shows `given` parameters and empties the others. */
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

/** For the mouse and the finger; the field beside it says the same to the keyboard and the screen reader. */
function sliderOf(field) {
  const rest = Math.min(Math.max(1, field.minimum), field.maximum);
  const made = element("input", { type: "range", min: field.minimum, max: field.maximum, step: 0.05, tabIndex: -1 });
  made.dataset.rest = rest;
  made.setAttribute("aria-hidden", "true");
  return made;
}
