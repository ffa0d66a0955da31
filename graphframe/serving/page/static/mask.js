// The image to edit, and the paint over the part to repaint.

const PAINT = "rgb(224 40 120)";

export class Mask {
  constructor(canvas, brush) {
    this.canvas = canvas;
    this.brush = brush;
    this.image = null;
    this.paint = document.createElement("canvas");
    this.cursor = null;
    this.painted = false;
    this.enabled = true;
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.enabled) return;
      canvas.setPointerCapture(event.pointerId);
      this.stroke(this.place(event), this.place(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.enabled || !event.buttons) return;
      const place = this.place(event);
      this.stroke(this.cursor ?? place, place);
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.draw());
  }

  async open(file) {
    const bitmap = await createImageBitmap(file);
    for (const each of [this.canvas, this.paint]) [each.width, each.height] = [bitmap.width, bitmap.height];
    this.image = bitmap;
    this.clear();
  }

  clear() {
    this.paint.getContext("2d").clearRect(0, 0, this.paint.width, this.paint.height);
    this.painted = false;
    this.cursor = [this.paint.width / 2, this.paint.height / 2];
    this.draw();
  }

  get radius() {
    return Math.max(1, (Number(this.brush.value) / 100) * Math.max(this.paint.width, this.paint.height));
  }

  place(event) {
    const frame = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / frame.width;
    return [(event.clientX - frame.left) * scale, (event.clientY - frame.top) * scale];
  }

  stroke(from, to) {
    const context = this.paint.getContext("2d");
    Object.assign(context, { lineCap: "round", lineWidth: 2 * this.radius, strokeStyle: PAINT });
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(to[0] + 0.01, to[1]);
    context.stroke();
    this.cursor = to;
    this.painted = true;
    this.draw();
  }

  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (!this.enabled || !(event.key in steps || event.key === " ")) return;
    event.preventDefault();
    const [dx, dy] = steps[event.key] ?? [0, 0];
    const from = this.cursor;
    const to = [from[0] + dx * this.radius, from[1] + dy * this.radius];
    if (event.key === " " || event.shiftKey) this.stroke(from, to);
    else this.cursor = to;
    this.draw(true);
  }

  draw(withCursor = false) {
    if (!this.image) return;
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.image, 0, 0);
    context.globalAlpha = 0.6;
    context.drawImage(this.paint, 0, 0);
    context.globalAlpha = 1;
    if (!withCursor) return;
    Object.assign(context, { lineWidth: Math.max(1, this.canvas.width / 200), strokeStyle: PAINT });
    context.beginPath();
    context.arc(...this.cursor, this.radius, 0, 2 * Math.PI);
    context.stroke();
  }

  // Returns OpenAI's mask, a PNG that is transparent where to repaint; null without paint.
  async file() {
    if (!this.painted) return null;
    const mask = document.createElement("canvas");
    [mask.width, mask.height] = [this.paint.width, this.paint.height];
    const context = mask.getContext("2d");
    context.fillRect(0, 0, mask.width, mask.height);
    context.globalCompositeOperation = "destination-out";
    context.drawImage(this.paint, 0, 0);
    return new Promise((resolve) => mask.toBlob(resolve, "image/png"));
  }
}
