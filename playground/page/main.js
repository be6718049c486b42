/** The page's state, its views, and its event handlers. */

import { discover, Failure, key } from "./api.js";
import { announce, byId, confirmed, element } from "./dom.js";
import { failureView } from "./failure.js";
import { generate, newAnswer } from "./generation.js";
import { deleteAll, exportConversations, showHistory } from "./history.js";
import { closePanels, openPanels } from "./panels.js";
import { parameterForm } from "./parameters.js";
import { openingOf, requestFor } from "./requests.js";
import { fieldsOf, ROUTES } from "./schema.js";
import { conversationOf, conversations, keep, keepSettings, onOtherTab, remove, settings } from "./store.js";
import { turnView } from "./turns.js";

const FACTS = JSON.parse(byId("facts").textContent);
const KEY_WORD = FACTS.credentials === "token" ? "token" : "key";

const state = { models: [], schemas: null, form: null, mode: "chat", open: null, views: [], running: null, ...remembered() };

function remembered() {
  const kept = settings();
  return { model: kept.model ?? null, values: { chat: kept.chat ?? {}, completion: kept.completion ?? {} } };
}

const factsOf = (name) => FACTS.models.find((model) => model.name === name) ?? null;
const canChat = (name) => factsOf(name)?.chat ?? !/^falcon-\d+b$/.test(name);

// ---- the key

async function connect() {
  const pressed = byId("connect");
  pressed.disabled = true;
  try {
    Object.assign(state, await discover());
  } catch (error) {
    const failure = error instanceof Failure ? error : new Failure(String(error));
    byId("gate-error").replaceChildren(failureView(failure.plain()));
    announce(`Not connected: ${failure.message}`);
    showGate();
    byId("key").focus();
    return;
  } finally {
    pressed.disabled = false;
  }
  byId("gate-error").replaceChildren();
  byId("key").value = "";
  byId("gate").hidden = true;
  setWaiting(false);
  byId("connected").textContent = `${KEY_WORD} …${key.get().slice(-4)}`;
  for (const id of ["connected", "forget", "composer"]) byId(id).hidden = false;
  chooseModel(state.models.includes(state.model) ? state.model : state.models.find(canChat) ?? state.models[0]);
  openConversation(location.hash.slice(1));
  announce("Connected.");
  byId("prompt").focus();
}

function showGate() {
  for (const id of ["connected", "forget", "composer", "welcome", "talk"]) byId(id).hidden = true;
  byId("gate").hidden = false;
  setWaiting(true);
}

/** Hides the settings until a key is entered. */
function setWaiting(waiting) {
  for (const name of [".columns", ".bar"]) document.querySelector(name).classList.toggle("waiting", waiting);
}

function forget() {
  state.running?.abort();
  key.forget();
  showGate();
  byId("key").focus();
}

// ---- model, mode and parameters

function chooseModel(name) {
  state.model = name;
  byId("model").replaceChildren(...state.models.map((model) => element("option", { value: model, selected: model === name }, model)));
  const facts = factsOf(name);
  byId("model-facts").textContent = facts ? `Context: ${facts.max_total_tokens} tokens. ${priceOf(facts)}` : "";
  showSamples();
  document.querySelector('[name="mode"][value="chat"]').disabled = !canChat(name);
  chooseMode(canChat(name) ? state.mode : "completion");
}

/** How the cost of an answer is computed. */
function priceOf(facts) {
  if (!facts.usd_per_hour) return `The price of ${facts.instance_type} is unknown.`;
  return `Cost = time × instance price (${facts.instance_type}: $${facts.usd_per_hour} per hour, list price, ${facts.price_read}), assuming no other traffic.`;
}

function chooseMode(mode) {
  state.mode = mode;
  document.querySelector(`[name="mode"][value="${mode}"]`).checked = true;
  byId("system-field").hidden = mode !== "chat";
  byId("prompt").placeholder = mode === "chat" ? "Ask a question" : "Text to complete";
  const fields = fieldsOf(state.schemas[ROUTES[mode].schema]);
  state.form = parameterForm(byId("parameters"), fields, state.values[mode], remember);
  remember();
}

function remember() {
  tryToKeep(() => keepSettings({ model: state.model, ...state.values }));
}

// ---- conversations

function openConversation(id) {
  state.running?.abort();
  state.open = conversationOf(id);
  history.replaceState(null, "", state.open ? `#${id}` : location.pathname);
  if (state.open) byId("system").value = state.open.system ?? "";
  show();
}

function startConversation(system = byId("system").value) {
  const id = crypto.randomUUID();
  state.open = { id, title: "", system, created: Date.now(), updated: Date.now(), turns: [] };
  history.replaceState(null, "", `#${id}`);
}

function show() {
  const { open } = state;
  byId("welcome").hidden = open !== null;
  byId("talk").hidden = open === null;
  state.views = (open?.turns ?? []).map((turn, number) => turnView(turn, number, factsOf, { retry }));
  byId("turns").replaceChildren(...state.views.map(({ node }) => node));
  state.views.forEach((view, index) => view.update({ last: index === state.views.length - 1 }));
  byId("title").textContent = open?.title ?? "";
  document.title = open?.title ? `${open.title} · Falconry playground` : "Falconry playground";
  byId("scroll").scrollTop = byId("scroll").scrollHeight;
  if (!open) byId("scroll").scrollTop = 0;
  showHistory(open?.id, (id) => { openConversation(id); closePanels(); });
}

function tryToKeep(action) {
  try {
    action();
    notice("");
  } catch (error) {
    notice(`Could not save to the browser's storage (${error.name}). Export conversations, then delete some.`);
  }
}

function notice(text) {
  byId("notice").textContent = text;
}

// ---- answers

async function ask(prompt) {
  if (state.running) return;
  let parameters;
  try {
    parameters = state.form.read();
  } catch (error) {
    notice(error.message);
    return;
  }
  if (!state.open) startConversation();
  const { open, mode, model } = state;
  open.system = byId("system").value;
  open.title ||= prompt.trim().split("\n")[0].slice(0, 60);
  const turn = { mode, model, system: mode === "chat" ? open.system : "", prompt, answer: newAnswer(), request: null };
  open.turns.push(turn);
  turn.request = requestFor(open.turns, turn, parameters);
  await run(open, turn);
}

async function retry() {
  if (state.running) return;
  const turn = state.open.turns.at(-1);
  turn.answer = newAnswer();
  await run(state.open, turn);
}

async function run(open, turn) {
  const control = new AbortController();
  state.running = control;
  open.updated = Date.now();
  tryToKeep(() => keep(open));
  show();
  const view = state.views.at(-1);
  announce("Generating an answer.");
  setRunning(true);
  let drawing = null;
  const draw = () => {
    drawing = null;
    const place = byId("scroll");
    const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 80;
    view.update({ last: true });
    if (atEnd) place.scrollTop = place.scrollHeight;
  };
  await generate(turn.request, turn.answer, { signal: control.signal, onChange: () => { drawing ??= requestAnimationFrame(draw); } });
  if (drawing !== null) cancelAnimationFrame(drawing);
  draw();
  if (state.running === control) state.running = null;
  setRunning(false);
  if (!open.deleted) tryToKeep(() => keep(open));
  if (state.open === open) announce(spoken(turn.answer));
  if (byId("stop") === document.activeElement || document.activeElement === document.body) byId("prompt").focus();
}

/** The text for screen readers at the end: the whole answer, once. */
function spoken({ status, failure, texts }) {
  if (failure) return `Error: ${failure.message}`;
  const how = { stopped: "Stopped. ", cut: "The answer was interrupted. ", length: "Reached the token limit. " }[status] ?? "";
  return `${how}Falcon: ${texts.filter(Boolean).join(" ")}`;
}

function setRunning(running) {
  const focused = document.activeElement === byId("send");
  byId("stop").hidden = !running;
  byId("send").hidden = running;
  if (running && focused) byId("stop").focus();
}

// ---- samples

function showSamples() {
  // Samples for the selected model first: chat models get conversations, base models get text to complete.
  const fits = (sample) => (sample.kind === "chat") === canChat(state.model);
  const sorted = [...FACTS.samples.filter(fits), ...FACTS.samples.filter((sample) => !fits(sample))];
  byId("samples").replaceChildren(...sorted.map((sample) => {
    const { prompt, system } = openingOf(sample);
    const pressed = element("button", { type: "button" },
      element("strong", {}, sample.title), element("span", {}, (system ? `${system} — ` : "") + prompt));
    pressed.addEventListener("click", () => trySample(sample));
    return element("li", {}, pressed);
  }));
}

function trySample(sample) {
  const { mode, system, given, prompt } = openingOf(sample);
  const fits = mode === "chat" ? canChat : (name) => !canChat(name);
  const model = fits(state.model) ? state.model : state.models.find(fits) ?? (mode === "chat" ? null : state.model);
  if (model === null) {
    notice("This sample needs a chat model, but this deployment has none.");
    return;
  }
  state.mode = mode;
  chooseModel(model);
  chooseMode(mode);
  state.form.write(sample.parameters);
  remember();
  byId("system").value = system;
  startConversation(system);
  for (const [asked, answered] of given) {
    state.open.turns.push({ mode, model, system, prompt: asked, request: null, answer: { ...newAnswer(), texts: [answered], status: "given" } });
  }
  state.open.title = sample.title;
  ask(prompt);
}

// ---- the page's events

function grow() {
  const box = byId("prompt");
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 240)}px`;
}

function submit() {
  const box = byId("prompt");
  if (box.value.trim() === "" || state.running) return;
  const prompt = box.value;
  box.value = "";
  grow();
  ask(prompt);
}

function listen() {
  const on = (id, event, action) => byId(id).addEventListener(event, action);
  on("key-form", "submit", (event) => {
    event.preventDefault();
    key.set(byId("key").value.trim());
    connect();
  });
  on("forget", "click", forget);
  on("model", "change", (event) => chooseModel(event.target.value));
  on("mode", "change", (event) => chooseMode(event.target.value));
  on("reset", "click", () => { state.form.write({}); remember(); });
  on("system", "change", () => { if (state.open) state.open.system = byId("system").value; });
  on("composer", "submit", (event) => { event.preventDefault(); submit(); });
  on("prompt", "input", grow);
  on("prompt", "keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  });
  on("stop", "click", () => state.running?.abort());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !byId("confirm").open) state.running?.abort();
  });
  on("new", "click", () => { openConversation(""); closePanels(); if (!byId("composer").hidden) byId("prompt").focus(); });
  on("export", "click", () => exportConversations([state.open], "falcon-conversation"));
  on("export-all", "click", () => exportConversations(conversations(), "falcon-conversations"));
  on("delete", "click", async () => {
    const deleted = state.open;
    if (!(await confirmed("Delete this conversation? This is the only copy."))) return;
    deleted.deleted = true;
    openConversation("");
    remove(deleted.id);
    show();
    byId("prompt").focus();
  });
  on("delete-all", "click", async () => {
    if (!(await deleteAll())) return;
    if (state.open) state.open.deleted = true;
    openConversation("");
  });
  addEventListener("pagehide", () => { if (state.open && state.running) tryToKeep(() => keep(state.open)); });
  onOtherTab(() => showHistory(state.open?.id, openConversation));
}

function begin() {
  byId("deployment").textContent = FACTS.deployment;
  byId("key-label").textContent = FACTS.credentials === "token" ? "Token" : "API key";
  byId("forget").textContent = `Forget ${KEY_WORD}`;
  byId("gate-text").textContent = FACTS.credentials === "token"
    ? "Paste a token from the identity provider that this API trusts."
    : "Paste a key for this API. Its operator can print one with falconry keys show.";
  openPanels();
  listen();
  showHistory(null, openConversation);
  if (key.get()) connect();
  else showGate();
}

begin();
