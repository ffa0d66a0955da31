// Shows the calculator, device and options of a node while the pointer is over it, or while it has the focus.
"use strict";

class Details {
  // Takes the titles of the nodes of a drawing, which browsers show late and only to mice.
  constructor(svg) {
    this.tip = document.createElement("div");
    this.tip.setAttribute("role", "tooltip");
    this.tip.className = "details";
    this.tip.hidden = true;
    svg.parentNode.append(this.tip);
    this.texts = new Map();
    for (const title of svg.querySelectorAll(":is(.box, .subgraph) > title")) {
      const node = title.parentNode;
      const target = node.querySelector(":scope > .header") ?? node;
      this.texts.set(target, title.textContent);
      target.setAttribute("aria-label", node.dataset.node);
      target.setAttribute("aria-description", title.textContent);
      target.setAttribute("tabindex", "0");
      if (target !== node) {
        node.setAttribute("role", "group");
        node.setAttribute("aria-label", node.dataset.node);
        target.setAttribute("role", "graphics-symbol");
      }
      title.remove();
    }
    svg.addEventListener("pointerover", (event) => this.show(event.target, event.clientX, event.clientY));
    svg.addEventListener("pointerleave", () => this.hide());
    svg.addEventListener("pointerdown", () => this.hide());
    svg.addEventListener("focusout", () => this.hide());
    svg.addEventListener("focusin", (event) => {
      if (!event.target.matches(":focus-visible")) return;
      const { left, bottom } = event.target.getBoundingClientRect();
      this.show(event.target, left, bottom);
    });
    svg.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
  }

  show(element, x, y) {
    const text = this.texts.get(element.closest(".box, .header"));
    this.tip.hidden = !text;
    if (!text) return;
    this.tip.textContent = text;
    const { width, height } = this.tip.getBoundingClientRect();
    const [right, low] = [innerWidth - width - 8, innerHeight - height - 8];
    this.tip.style.left = `${Math.max(Math.min(x + 14, right), 8)}px`;
    this.tip.style.top = `${y + 18 > low ? Math.max(y - height - 12, 8) : y + 18}px`;
  }

  hide() {
    this.tip.hidden = true;
  }
}
