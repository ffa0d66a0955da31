// The page: connects the form, the images, the history and the graph.

import { addFields } from "./fields.js";
import { Graph } from "./graph.js";
import { History } from "./history.js";
import { Mask } from "./mask.js";
import { answers, asCurl, asPython, fieldsOf, taskOf, toRequest } from "./request.js";

const byId = (id) => document.getElementById(id);
const form = byId("form");
const mask = new Mask(byId("mask"), byId("brush"));
const graph = new Graph(byId("graph"), byId("queue"));
const history = new History(byId("history"), (entry) => showImages([entry]));
let input = null; // the image file to edit or vary
let references = []; // further image files, for models that take several
let running = null; // the AbortController of the current request

function report(text, bad = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("bad", bad);
}

function headers() {
  const key = byId("key").value;
  return key ? { authorization: `Bearer ${key}` } : {};
}

// Tasks and models

function showTask() {
  const task = taskOf(form);
  for (const element of form.querySelectorAll("[data-tasks]")) {
    element.hidden = !element.dataset.tasks.split(" ").includes(task);
  }
  byId("prompt").required = task !== "variations";
  byId("go").textContent = { generations: "Generate", edits: "Edit", variations: "Vary" }[task];
  mask.enabled = task === "edits";
}

async function listModels() {
  const { data } = await (await fetch("v1/models")).json();
  byId("model").replaceChildren(...data.map(({ id }) => new Option(id)));
  if (!data.length) {
    report("No model is ready yet. Trying again soon.");
    setTimeout(start, 2000);
    return;
  }
  report("Ready.");
  await graph.show(byId("model").value);
}

const start = () => listModels().catch(() => report("The server does not answer.", true));

// Input images

async function useImage(file) {
  try {
    await mask.open(file);
  } catch {
    report("The browser cannot read this file as an image.", true);
    return;
  }
  input = file;
  byId("editor").hidden = false;
  if (taskOf(form) === "generations") {
    form.elements.task.value = "edits";
    showTask();
  }
}

// The first image becomes the one to edit, the others references.
async function useImages([first, ...others]) {
  await useImage(first);
  useReferences(others);
}

function useReferences(files) {
  references = files;
  for (const image of byId("further").querySelectorAll("img")) URL.revokeObjectURL(image.src);
  byId("further").replaceChildren(
    ...files.map((file, index) => {
      const item = document.createElement("li");
      const button = Object.assign(document.createElement("button"), { type: "button", title: "Remove this reference" });
      const image = Object.assign(document.createElement("img"), {
        src: URL.createObjectURL(file),
        alt: `Reference ${index + 1}: remove`,
      });
      button.append(image);
      button.addEventListener("click", () => useReferences(references.filter((each) => each !== file)));
      item.append(button);
      return item;
    }),
  );
}

async function filesOf(task) {
  if (task === "generations") return {};
  if (task === "variations") return { image: [input] };
  const painted = await mask.file();
  return { image: [input, ...references], mask: painted ? [painted] : [] };
}

// Generated images

function figureOf({ url, seed, fields, format }, preview = false) {
  const figure = document.createElement("figure");
  const image = document.createElement("img");
  image.src = url;
  image.alt = fields.prompt ?? "variation";
  figure.append(image);
  figure.classList.toggle("preview", preview);
  if (preview) return figure;
  const caption = document.createElement("figcaption");
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: `graphframe-${seed}.${format}`, textContent: "Download" });
  const button = (text, act) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    made.addEventListener("click", act);
    return made;
  };
  const use = async (task) => {
    form.elements.task.value = task;
    showTask();
    await useImage(await (await fetch(url)).blob());
    byId(task === "edits" ? "mask" : "go").focus();
  };
  caption.append(
    `seed ${seed}`,
    link,
    button("Keep seed", () => (byId("seed").value = seed)),
    button("Edit", () => use("edits")),
    button("Vary", () => use("variations")),
  );
  figure.append(caption);
  return figure;
}

function showImages(entries, preview = false) {
  byId("images").replaceChildren(...entries.map((entry) => figureOf(entry, preview)));
}

// Requests

async function generate() {
  const task = taskOf(form);
  if (task !== "generations" && !input) {
    report("Choose an image first.", true);
    byId("file").focus();
    return;
  }
  const fields = fieldsOf(form, byId("model").value);
  const format = fields.output_format ?? "png";
  const stopping = new AbortController();
  const id = `page-${crypto.getRandomValues(new Uint32Array(3)).join("")}`;
  running?.abort();
  running = stopping;
  byId("stop").hidden = false;
  const began = performance.now();
  report("Waiting ...");
  const made = [];
  let warnings = [];
  const entry = (b64, seed) => ({ url: `data:image/${format};base64,${b64}`, seed, fields, format });
  graph.follow(id, headers(), ({ step, steps, position, nodes }) => {
    byId("progress").hidden = !steps;
    byId("progress").value = steps ? step / steps : 0;
    const working = nodes.filter((node) => node.status === "in_progress").map((node) => node.name).join(", ");
    report(position ? `Waiting, position ${position}` : steps ? `Step ${step} of ${steps}: ${working}` : working || "Working ...");
  });
  try {
    const request = toRequest(task, fields, await filesOf(task), { ...headers(), "x-request-id": id });
    const response = await fetch(`v1/images/${task}`, { ...request, signal: stopping.signal });
    for await (const answer of answers(response)) {
      if (answer.error) throw new Error(answer.error.message);
      if (answer.data) made.push(...answer.data.map(({ b64_json, seed }) => entry(b64_json, seed ?? answer.seed)));
      else if (answer.type.endsWith(".completed")) made.push(entry(answer.b64_json, answer.seed));
      else if (!made.length) showImages([entry(answer.b64_json, answer.seed)], true);
      if (made.length) showImages(made);
      warnings = answer.warnings ?? warnings;
      if (answer.timings) graph.finish(answer.timings);
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    report([`${made.length} image${made.length === 1 ? "" : "s"} in ${seconds} s`, ...warnings].join(". "));
    for (const each of made) await history.add(each);
  } catch (error) {
    if (running === stopping || error.name !== "AbortError") report(error.name === "AbortError" ? "Stopped." : error.message, error.name !== "AbortError");
  } finally {
    if (running === stopping) {
      running = null;
      graph.finish();
      byId("stop").hidden = byId("progress").hidden = true;
    }
  }
}

async function copy(kind) {
  const task = taskOf(form);
  const write = kind === "curl" ? asCurl : asPython;
  const text = write(task, fieldsOf(form, byId("model").value), await filesOf(task), byId("key").value);
  await navigator.clipboard.writeText(text).then(
    () => report(`Copied as ${kind === "curl" ? "curl" : "Python"}.`),
    () => report(text), // without permission to use the clipboard
  );
}

// Events

form.addEventListener("submit", (event) => {
  event.preventDefault();
  generate();
});
for (const radio of form.elements.task) radio.addEventListener("change", showTask);
byId("stop").addEventListener("click", () => running?.abort());
byId("unmask").addEventListener("click", () => mask.clear());
byId("model").addEventListener("change", () => graph.show(byId("model").value));
byId("key").addEventListener("change", () => sessionStorage.setItem("key", byId("key").value));
byId("file").addEventListener("change", (event) => event.target.files.length && useImages(event.target.files));
byId("references").addEventListener("change", (event) => useReferences([...references, ...event.target.files]));
for (const button of document.querySelectorAll("[data-zoom]")) {
  const act = { in: (view) => view.zoom(1.3), out: (view) => view.zoom(1 / 1.3), fit: (view) => view.fit() }[button.dataset.zoom];
  button.addEventListener("click", () => graph.view && act(graph.view));
}
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => copy(button.dataset.copy));
}
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    byId("drop").classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files.length) useImages(event.dataTransfer.files);
  });
}
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) useImages(event.clipboardData.files);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.abort();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

byId("key").value = sessionStorage.getItem("key") ?? "";
history.open();
addFields(form, byId("fields")).then(showTask).then(start, () => report("The server does not answer.", true));
