// The page of a graph: highlight streams, show nodes, collapse and expand subgraphs.
//
// The layout is not computed here. When subgraphs are collapsed, the space that no visible element needs is cut out of
// the layout: everything to the right of a cut, or below it, moves by the size of the cut. The order of all elements
// stays, and none overlaps another.
"use strict";

const CLEARANCE = 6; // the free space at both sides of a line
const LEFT_OVER = [14, 10]; // the width and height that remain of a cut

const graph = document.getElementById("graph");
const scene = document.getElementById("scene");
const panel = document.getElementById("panel");
const nodes = JSON.parse(document.getElementById("nodes").textContent);
const [WIDTH, HEIGHT] = numbers(scene.dataset.size);

function numbers(text) {
  return (text.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);
}

// Collapsing

for (const wire of scene.querySelectorAll(".wire")) {
  const hit = wire.cloneNode(true); // an invisible wide line makes a thin one easy to point at
  hit.setAttribute("class", "hit");
  wire.after(hit);
}

const subgraphs = [...scene.querySelectorAll(".subgraph")].map((element) => {
  const frame = element.querySelector(".frame");
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(frame.getAttribute(name)));
  return { element, frame, inside: numbers(element.dataset.inside), corners: [x, y, x + width, y + height] };
});
const insides = [...scene.querySelectorAll(".inside")].map((element) => ({ element, gaps: numbers(element.dataset.gaps) }));
const solids = [...scene.querySelectorAll("[data-box]")].map((element) => ({ element, box: numbers(element.dataset.box) }));
const wires = [...scene.querySelectorAll(".wire, .hit")].map((element) => {
  const d = element.getAttribute("d");
  return { element, curves: d.split("M").slice(1).map(numbers) };
});
let moved = [(x) => x, (y) => y];
const view = new PanZoom(graph, () => [moved[0](WIDTH), moved[1](HEIGHT)], true);
const details = new Details(graph);

const isShown = ({ element }) => !element.closest(".collapsed > .inside");

function* needed(axis) {
  for (const { box } of solids.filter(isShown)) yield [box[axis], box[axis] + box[axis + 2]];
  if (axis === 1) {
    for (const { gaps } of insides.filter(isShown)) {
      for (let i = 0; i < gaps.length; i += 2) yield [gaps[i], gaps[i + 1]];
    }
  } else {
    for (const { curves } of wires.filter(isShown)) {
      for (const curve of curves) {
        for (let i = 0; i < curve.length; i += 6) yield [curve[i] - CLEARANCE, curve[i] + CLEARANCE];
      }
    }
  }
}

function merged(spans) {
  const found = [];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = found[found.length - 1];
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else found.push([from, to]);
  }
  return found;
}

function cuts(axis) {
  const collapsed = subgraphs.filter((one) => one.element.classList.contains("collapsed") && isShown(one));
  let free = merged(collapsed.map(({ inside }) => [inside[axis], inside[axis] + inside[axis + 2]]));
  for (const [start, end] of merged(needed(axis))) {
    free = free.flatMap(([from, to]) => [[from, Math.min(to, start)], [Math.max(from, end), to]].filter(([a, b]) => a < b));
  }
  return free.filter(([from, to]) => to - from > LEFT_OVER[axis]);
}

function movement(axis) {
  const found = cuts(axis);
  return (v) => {
    let result = v;
    for (const [from, to] of found) {
      result -= Math.min(Math.max((v - from) / (to - from), 0), 1) * (to - from - LEFT_OVER[axis]);
    }
    return result;
  };
}

function arrange() {
  moved = [movement(0), movement(1)];
  const [mx, my] = moved;
  for (const { element, box } of solids.filter(isShown)) {
    element.setAttribute("transform", `translate(${mx(box[0]) - box[0]} ${my(box[1]) - box[1]})`);
  }
  for (const { frame, corners: [left, top, right, bottom] } of subgraphs.filter(isShown)) {
    const size = { x: mx(left), y: my(top), width: mx(right) - mx(left), height: my(bottom) - my(top) };
    for (const [name, value] of Object.entries(size)) frame.setAttribute(name, value);
  }
  for (const { element, curves } of wires.filter(isShown)) {
    const d = curves.map((curve) => {
      const values = curve.map((v, i) => moved[i % 2](v).toFixed(1));
      return `M${values.slice(0, 2).join(" ")}C${values.slice(2).join(" ")}`;
    });
    element.setAttribute("d", d.join(" "));
  }
}

function toggle(element) {
  const [x, y] = numbers(element.querySelector(":scope > .header").dataset.box);
  const before = [moved[0](x), moved[1](y)];
  const collapsed = element.classList.toggle("collapsed");
  element.querySelector(":scope > .header").setAttribute("aria-expanded", String(!collapsed));
  arrange();
  // the clicked element stays under the pointer
  view.pan((before[0] - moved[0](x)) * view.scale, (before[1] - moved[1](y)) * view.scale);
}

function toggleAll(collapse) {
  for (const { element } of subgraphs) {
    element.classList.toggle("collapsed", collapse);
    element.querySelector(":scope > .header").setAttribute("aria-expanded", String(!collapse));
  }
  arrange();
  view.fit();
}

// Streams

const ofStream = new Map();
for (const element of scene.querySelectorAll("[data-stream]")) {
  const key = element.dataset.stream;
  ofStream.set(key, [...(ofStream.get(key) ?? []), element]);
}

function highlight(key) {
  for (const element of scene.querySelectorAll(".lit")) element.classList.remove("lit");
  graph.classList.toggle("dim", ofStream.has(key));
  for (const element of ofStream.get(key) ?? []) element.classList.add("lit");
}

graph.addEventListener("pointerover", (event) => highlight(event.target.closest("[data-stream]")?.dataset.stream));

// Nodes

function made(kind, text, ...children) {
  const element = document.createElement(kind);
  element.textContent = text;
  element.append(...children);
  return element;
}

function section(title, content) {
  return content ? [made("h3", title), content] : [];
}

function ports(list) {
  if (!list.length) return null;
  return made("table", "", ...list.map(({ tag, name, kind, stream }) => {
    const row = made("tr", "", made("td", tag), made("td", kind ? `${name} (${kind})` : name));
    row.addEventListener("pointerenter", () => highlight(stream));
    row.addEventListener("pointerleave", () => highlight(null));
    return row;
  }));
}

function choose(element) {
  for (const other of scene.querySelectorAll(".chosen")) other.classList.remove("chosen");
  panel.hidden = !element;
  details.hide();
  if (!element) return;
  element.classList.add("chosen");
  const node = nodes[element.id];
  document.getElementById("about").replaceChildren(
    made("h2", node.name),
    ...(node.calculator === node.name ? [] : [made("p", node.calculator)]),
    ...section("Device", node.device && made("p", node.device)),
    ...section("Time in a request, and its share", node.time && made("p", node.time)),
    ...section("Inputs", ports(node.inputs)),
    ...section("Outputs", ports(node.outputs)),
    ...section("Settings", node.settings && made("pre", node.settings)),
    ...section("Options", node.options && made("pre", node.options)),
  );
}

graph.addEventListener("click", (event) => {
  if (view.dragged) return;
  const header = event.target.closest(".header");
  if (header) toggle(header.parentNode);
  choose((header ?? event.target).closest(".box, .subgraph"));
});
for (const element of scene.querySelectorAll(".box, .header")) {
  element.setAttribute("role", "button");
  element.removeAttribute("aria-label"); // the name of a button is its text
}
for (const { element } of subgraphs) element.querySelector(":scope > .header").setAttribute("aria-expanded", "true");

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") choose(null);
  if (event.key !== "Enter" || !event.target.closest(".box, .header")) return;
  view.dragged = false;
  event.target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
});
document.getElementById("close").addEventListener("click", () => choose(null));
document.getElementById("collapse").addEventListener("click", () => toggleAll(true));
document.getElementById("expand").addEventListener("click", () => toggleAll(false));
document.getElementById("in").addEventListener("click", () => view.zoom(1.3));
document.getElementById("out").addEventListener("click", () => view.zoom(1 / 1.3));
document.getElementById("fit").addEventListener("click", () => view.fit());
document.getElementById("collapse").hidden = document.getElementById("expand").hidden = !subgraphs.length;

// The first view fits the width of the window, not its height: a graph is read from its top.
view.zoom(Math.max(1, Math.min(1, (graph.clientWidth - 40) / WIDTH) / view.scale));
view.pan(0, 20 - view.y);
