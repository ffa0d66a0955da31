// Pans and zooms a drawing with the mouse, fingers, the keyboard or buttons.
"use strict";

class PanZoom {
  // `svg` fills its place and can have the focus. `size` returns the width and height of what it shows. Unless
  // `alone`, it is part of a page that scrolls: the wheel and one finger are its own once it has the focus or is zoomed.
  constructor(svg, size, alone = false) {
    this.svg = svg;
    this.size = size;
    this.alone = alone;
    this.dragged = false; // whether the last press moved the drawing instead of being a click
    this.pointers = new Map();
    svg.setAttribute("tabindex", "0");
    svg.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.onDown(event));
    svg.addEventListener("pointermove", (event) => this.onMove(event));
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, (event) => this.onEnd(event));
    svg.addEventListener("keydown", (event) => this.onKey(event));
    svg.addEventListener("focusin", (event) => this.onFocus(event));
    this.fit();
    new ResizeObserver(() => (this.fitted ? this.fit() : this.show())).observe(svg);
  }

  fit() {
    const [width, height] = this.size();
    const { width: room, height: rise } = this.svg.getBoundingClientRect();
    this.scale = Math.max(Math.min(1.5, (room - 16) / width, (rise - 16) / height), 0.05);
    this.x = (room - width * this.scale) / 2;
    this.y = (rise - height * this.scale) / 2;
    this.fitted = true;
    this.show();
  }

  // Zooms about a point of the svg; by default about its middle.
  zoom(factor, x = this.svg.clientWidth / 2, y = this.svg.clientHeight / 2) {
    const scale = Math.min(Math.max(this.scale * factor, 0.05), 8);
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.fitted = false;
    this.show();
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.fitted = false;
    this.show();
  }

  // Shows the view, of which a part of the drawing is always visible.
  show() {
    const [width, height] = this.size().map((side) => side * this.scale);
    const { width: room, height: rise } = this.svg.getBoundingClientRect();
    this.x = Math.min(Math.max(this.x, Math.min(60, room / 2) - width), room - Math.min(60, room / 2));
    this.y = Math.min(Math.max(this.y, Math.min(60, rise / 2) - height), rise - Math.min(60, rise / 2));
    const box = [-this.x, -this.y, room, rise].map((value) => value / this.scale);
    if (room && rise) this.svg.setAttribute("viewBox", box.join(" "));
    this.svg.style.touchAction = this.alone || !this.fitted ? "none" : "pan-x pan-y";
  }

  onWheel(event) {
    if (!(this.alone || event.ctrlKey || event.metaKey || this.svg.contains(document.activeElement))) return;
    event.preventDefault();
    const frame = this.svg.getBoundingClientRect();
    const delta = event.deltaY * (event.deltaMode ? 16 : 1) * (event.ctrlKey ? 5 : 1); // a pinch on a touchpad has Ctrl
    this.zoom(Math.exp(-Math.min(Math.max(delta, -300), 300) * 0.0015), event.clientX - frame.left, event.clientY - frame.top);
  }

  onDown(event) {
    if (event.button) return;
    if (!this.pointers.size) this.dragged = false;
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
  }

  onMove(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    if (!event.buttons) { // released where the page could not see it
      this.onEnd(event);
      return;
    }
    const after = [event.clientX, event.clientY];
    const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    const [dx, dy] = [after[0] - before[0], after[1] - before[1]];
    if (!this.dragged && Math.hypot(dx, dy) < 4) return;
    if (event.pointerType === "touch" && !other && this.svg.style.touchAction !== "none") return; // the page scrolls
    this.dragged = true;
    this.svg.setPointerCapture(event.pointerId);
    this.svg.classList.add("dragged");
    this.pointers.set(event.pointerId, after);
    if (!other) {
      this.pan(dx, dy);
      return;
    }
    const frame = this.svg.getBoundingClientRect();
    const apart = ([x, y]) => Math.max(Math.hypot(x - other[0], y - other[1]), 1);
    this.pan(dx / 2, dy / 2);
    this.zoom(apart(after) / apart(before), (after[0] + other[0]) / 2 - frame.left, (after[1] + other[1]) / 2 - frame.top);
  }

  onEnd(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.svg.classList.remove("dragged");
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      ArrowLeft: () => this.pan(60, 0),
      ArrowRight: () => this.pan(-60, 0),
      ArrowUp: () => this.pan(0, 60),
      ArrowDown: () => this.pan(0, -60),
      "+": () => this.zoom(1.3),
      "=": () => this.zoom(1.3),
      "-": () => this.zoom(1 / 1.3),
      0: () => this.fit(),
    };
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  }

  // Moves the drawing so that a node which the Tab key reached is visible.
  onFocus(event) {
    if (event.target === this.svg || !event.target.matches(":focus-visible")) return;
    const [frame, node] = [this.svg, event.target].map((element) => element.getBoundingClientRect());
    if (node.left >= frame.left && node.right <= frame.right && node.top >= frame.top && node.bottom <= frame.bottom) return;
    this.pan(
      frame.left + frame.width / 2 - (node.left + node.width / 2),
      frame.top + frame.height / 2 - (node.top + node.height / 2),
    );
  }
}
