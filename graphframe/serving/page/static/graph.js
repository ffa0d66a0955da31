// The drawing of the graph, which highlights running nodes. PanZoom and Details are those of `graphframe view`.

const EVERY = 200; // milliseconds

export class Graph {
  constructor(place, queue) {
    this.place = place;
    this.queue = queue;
    this.followed = null; // the id of the request
    this.view = null; // the PanZoom of a drawing
  }

  async show(model) {
    const response = await fetch(`graphs/${encodeURIComponent(model)}`);
    if (!response.ok) {
      this.place.textContent = "The graph cannot be drawn.";
      this.view = null;
      return;
    }
    const drawing = new DOMParser().parseFromString(await response.text(), "image/svg+xml").documentElement;
    const size = ["width", "height"].map((side) => Number(drawing.getAttribute(side)));
    drawing.style.aspectRatio = size.join("/");
    this.place.replaceChildren(document.adoptNode(drawing));
    this.view = new PanZoom(drawing, () => size);
    new Details(drawing);
  }

  // Polls the server's queue for a request until it ends, and reports its progress.
  async follow(id, headers, report) {
    this.clear();
    this.followed = id;
    while (this.followed === id) {
      try {
        const response = await fetch("v3/queue", { headers: { ...headers, "x-request-id": id } });
        const { data } = await response.json();
        const mine = data.find((request) => request.id === id);
        if (mine && this.followed === id) {
          this.light(mine.nodes);
          this.queue.textContent = mine.position ? `waiting, position ${mine.position}` : "running";
          report(mine);
        }
      } catch {
        // NOTE: the request itself fails if the server is gone.
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY));
    }
  }

  // Stops polling, and marks running nodes as finished, with their times in milliseconds.
  finish(timings = {}) {
    this.followed = null;
    this.queue.textContent = "";
    this.light(Object.entries(timings).map(([name, time]) => ({ name, status: "completed", seconds: time / 1000 })));
    for (const node of this.place.querySelectorAll(".working")) {
      node.classList.remove("working");
      node.classList.add("worked");
    }
  }

  clear() {
    this.finish();
    for (const node of this.place.querySelectorAll(".worked")) node.classList.remove("worked");
    for (const note of this.place.querySelectorAll(".note")) note.remove();
  }

  light(nodes) {
    for (const { name, status, seconds } of nodes) {
      for (const node of this.place.querySelectorAll(`[data-node="${CSS.escape(name)}"]`)) {
        node.classList.toggle("working", status === "in_progress");
        node.classList.toggle("worked", status !== "in_progress");
        note(node, seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`);
      }
    }
  }
}

function note(node, text) {
  let label = node.querySelector(":scope > .note");
  if (!label) {
    const rect = node.querySelector(":scope > rect");
    label = document.createElementNS("http://www.w3.org/2000/svg", "text");
    label.setAttribute("class", "note");
    label.setAttribute("x", Number(rect.getAttribute("x")) + Number(rect.getAttribute("width")) - 5);
    label.setAttribute("y", Number(rect.getAttribute("y")) - 4);
    node.append(label);
  }
  label.textContent = text;
}
