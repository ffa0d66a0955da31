// The picture of the graph, in which nodes light up while they work.

const EVERY = 200; // milliseconds

export class Graph {
  constructor(place, queue) {
    this.place = place;
    this.queue = queue;
    this.followed = null; // the id of a request
  }

  async show(model) {
    const response = await fetch(`/graphs/${encodeURIComponent(model)}`);
    if (!response.ok) {
      this.place.textContent = "The graph cannot be drawn.";
      return;
    }
    const picture = new DOMParser().parseFromString(await response.text(), "image/svg+xml").documentElement;
    this.place.replaceChildren(document.adoptNode(picture));
  }

  // Looks at the server's queue for one request until that is over, and tells how far it is.
  async follow(id, headers, tell) {
    this.clear();
    this.followed = id;
    while (this.followed === id) {
      try {
        const response = await fetch("/v3/queue", { headers: { ...headers, "x-request-id": id } });
        const { data } = await response.json();
        const mine = data.find((request) => request.id === id);
        if (mine && this.followed === id) {
          this.light(mine.nodes);
          this.queue.textContent = mine.position ? `waiting, place ${mine.position}` : "running";
          tell(mine);
        }
      } catch {
        // NOTE: the request itself tells if the server is gone.
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY));
    }
  }

  // Stops looking; what worked until now is done, in so many milliseconds.
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
