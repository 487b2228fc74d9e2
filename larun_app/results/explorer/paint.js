/** Canvas marks: the cloud of points, dots, error bars, triangles. All sizes in CSS pixels, scaled by the device ratio. */

/** Colours of the theme in force, read from the page's tokens. */
export function readTokens() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  return {
    raw: token("--d-raw"),
    bin: token("--d-bin"),
    model: token("--d-model"),
    odd: token("--d-odd"),
    even: token("--d-even"),
    mark: token("--d-mark"),
    markGround: token("--d-markbg"),
    alt: token("--d-alt"),
    band: token("--d-band"),
    grid: token("--d-grid"),
    axis: token("--d-axis"),
    mask: token("--d-mask"),
    ink: token("--ink"),
    ink2: token("--ink2"),
    ink3: token("--ink3"),
    panel: token("--panel"),
    line2: token("--line2"),
    acc: token("--acc"),
  };
}

/** "#RRGGBB" or "rgb(…)" -> [r, g, b] */
export function rgb(colour) {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour);
  if (hex) return [0, 2, 4].map((k) => parseInt(hex[1].slice(k, k + 2), 16));
  const parts = colour.match(/[\d.]+/g);
  return parts ? parts.slice(0, 3).map(Number) : [128, 128, 128];
}

/** Share of the box that a cloud may touch at full ink. */
const CALM_COVER = 0.08;

/** The cloud: every point adds ink to the pixels it touches, so that no point is lost however many there are.
 *
 * Ink saturates where points crowd; its strength follows the crowding, so that a single outlier stays visible beside a
 * dense band. One pass over the points, one image: 230 000 points take a few milliseconds.
 */
export class Cloud {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d");
    this.width = 0;
    this.height = 0;
  }

  resize(width, height) {
    if (width === this.width && height === this.height) return;
    this.width = width;
    this.height = height;
    this.canvas.width = width;
    this.canvas.height = height;
    this.image = this.context.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.ink = new Uint16Array(width * height);
  }

  /** Draws points [from, to) of x, y; those with state 1 only. Box and scales in device pixels. */
  draw(target, box, x, y, state, from, to, scaleX, offsetX, scaleY, offsetY, colour, ratio) {
    const width = Math.max(1, Math.round(box.width));
    const height = Math.max(1, Math.round(box.height));
    this.resize(width, height);
    const { ink, pixels } = this;
    ink.fill(0);
    let drawn = 0;
    const size = ratio > 1.4 ? 3 : 2;
    const left = offsetX - (size - 1) / 2 + 0.5;
    const top = offsetY - (size - 1) / 2 + 0.5;
    const right = width - size;
    const bottom = height - size;
    for (let i = from; i < to; i++) {
      if (state && state[i] !== 1) continue;
      // NaN compares false with everything, so a missing value falls through here.
      const fx = x[i] * scaleX + left;
      const fy = y[i] * scaleY + top;
      if (!(fx >= 0 && fy >= 0 && fx < right + 1 && fy < bottom + 1)) continue;
      drawn += 1;
      let at = (fy | 0) * width + (fx | 0);
      ink[at] += 1;
      ink[at + 1] += 1;
      if (size === 3) ink[at + 2] += 1;
      at += width;
      ink[at] += 1;
      ink[at + 1] += 1;
      if (size === 3) {
        ink[at + 2] += 1;
        at += width;
        ink[at] += 1;
        ink[at + 1] += 1;
        ink[at + 2] += 1;
      }
    }
    // How crowded is a pixel that holds any ink at all?
    let touched = 0;
    let most = 0;
    for (let k = 0; k < ink.length; k++) {
      if (ink[k] > 0) {
        touched += 1;
        if (ink[k] > most) most = ink[k];
      }
    }
    const crowd = touched ? (drawn * size * size) / touched : 1;
    const strength = 0.75 / Math.max(1, crowd * 0.72);
    // A cloud that fills the box is ground, not figure: it steps back behind the averages.
    const calm = Math.min(1, Math.sqrt(CALM_COVER / Math.max(touched / ink.length, 1e-9)));
    const floor = Math.max(0.3, 0.72 - 0.1 * crowd);
    const [r, g, b] = rgb(colour);
    const base = (b << 16) | (g << 8) | r;
    const shades = new Uint32Array(most + 1);
    for (let v = 1; v <= most; v++) {
      const alpha = calm * Math.min(0.9, floor * 0.8 + (1 - Math.exp(-strength * v)) * 0.55);
      shades[v] = ((alpha * 255) << 24) | base;
    }
    for (let k = 0; k < ink.length; k++) pixels[k] = shades[ink[k]];
    this.context.putImageData(this.image, 0, 0);
    target.drawImage(this.canvas, Math.round(box.left), Math.round(box.top));
    return drawn;
  }
}

export function dots(context, xs, ys, radius, colour) {
  context.fillStyle = colour;
  if (xs.length > 1500 || radius < 1.6) {
    const side = radius * 1.8;
    for (let i = 0; i < xs.length; i++) context.fillRect(xs[i] - side / 2, ys[i] - side / 2, side, side);
    return;
  }
  context.beginPath();
  for (let i = 0; i < xs.length; i++) {
    context.moveTo(xs[i] + radius, ys[i]);
    context.arc(xs[i], ys[i], radius, 0, 6.2832);
  }
  context.fill();
}

export function squares(context, xs, ys, half, colour, ground, lineWidth) {
  context.fillStyle = ground;
  context.strokeStyle = colour;
  context.lineWidth = lineWidth;
  context.setLineDash([]);
  for (let i = 0; i < xs.length; i++) {
    context.fillRect(xs[i] - half, ys[i] - half, 2 * half, 2 * half);
    context.strokeRect(xs[i] - half, ys[i] - half, 2 * half, 2 * half);
  }
}

export function errorBars(context, xs, lows, highs, colour, lineWidth) {
  context.strokeStyle = colour;
  context.lineWidth = lineWidth;
  context.setLineDash([]);
  context.globalAlpha = 0.7;
  context.beginPath();
  for (let i = 0; i < xs.length; i++) {
    if (lows[i] !== lows[i]) continue;
    context.moveTo(xs[i], lows[i]);
    context.lineTo(xs[i], highs[i]);
  }
  context.stroke();
  context.globalAlpha = 1;
}

export function triangles(context, xs, y, half, height, colour) {
  context.fillStyle = colour;
  context.beginPath();
  for (const x of xs) {
    context.moveTo(x - half, y);
    context.lineTo(x + half, y);
    context.lineTo(x, y - height);
    context.closePath();
  }
  context.fill();
}

/** Slanted hatch inside a box: hidden points, told apart without colour. */
export function hatch(context, left, top, width, height, colour, ratio) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.fillStyle = colour;
  context.fillRect(left, top, width, height);
  context.strokeStyle = colour;
  context.lineWidth = 1.2 * ratio;
  context.beginPath();
  for (let x = left - height; x < left + width; x += 7 * ratio) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}

export function crosses(context, xs, ys, half, colour, lineWidth) {
  context.strokeStyle = colour;
  context.lineWidth = lineWidth;
  context.setLineDash([]);
  context.beginPath();
  for (let i = 0; i < xs.length; i++) {
    context.moveTo(xs[i] - half, ys[i] - half);
    context.lineTo(xs[i] + half, ys[i] + half);
    context.moveTo(xs[i] - half, ys[i] + half);
    context.lineTo(xs[i] + half, ys[i] - half);
  }
  context.stroke();
}

export function line(context, xs, ys, colour, lineWidth, dash = []) {
  context.strokeStyle = colour;
  context.lineWidth = lineWidth;
  context.lineJoin = "round";
  context.setLineDash(dash);
  context.beginPath();
  let pen = false;
  for (let i = 0; i < xs.length; i++) {
    if (ys[i] !== ys[i] || xs[i] !== xs[i]) {
      pen = false;
      continue;
    }
    if (pen) context.lineTo(xs[i], ys[i]);
    else context.moveTo(xs[i], ys[i]);
    pen = true;
  }
  context.stroke();
  context.setLineDash([]);
}

/** Text with a ground-coloured halo, so that it reads over data. */
export function label(context, text, x, y, colour, { ratio = 1, weight = 400, align = "center", ground = null } = {}) {
  context.font = `${weight} ${11.5 * ratio}px ${chartFont()}`;
  context.textAlign = align;
  context.textBaseline = "alphabetic";
  if (ground) {
    context.strokeStyle = ground;
    context.lineWidth = 3.5 * ratio;
    context.lineJoin = "round";
    context.setLineDash([]);
    context.strokeText(text, x, y);
  }
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

let family = "";
export function chartFont() {
  if (!family) family = getComputedStyle(document.body).fontFamily || "system-ui, sans-serif";
  return family;
}
