/** Axes and paths of the small charts: pure geometry. */

import { niceStep } from "../../results/explorer/timeline.js";
import { number, placesFor } from "../../results/explorer/words.js";

const finite = (v) => v !== null && v !== undefined && Number.isFinite(v);

/** [x low, x high, y low, y high] of a picture with room around it; null where nothing is finite. */
export function extent(series) {
  const box = [Infinity, -Infinity, Infinity, -Infinity];
  for (const s of series) {
    s.x.forEach((x, i) => {
      if (!finite(x)) return;
      const y = s.y[i];
      if (s.style !== "level" || box[0] > box[1]) {
        box[0] = Math.min(box[0], x);
        box[1] = Math.max(box[1], x);
      }
      if (s.style === "mark" || !finite(y)) return;
      const e = s.err && finite(s.err[i]) && s.x.length <= 60 ? s.err[i] : 0;
      box[2] = Math.min(box[2], y - e);
      box[3] = Math.max(box[3], y + e);
    });
  }
  if (box[0] > box[1] || box[2] > box[3]) return null;
  const across = box[1] - box[0] || Math.abs(box[0]) || 1;
  const up = box[3] - box[2] || Math.abs(box[2]) || 1;
  return [box[0] - 0.03 * across, box[1] + 0.03 * across, box[2] - 0.1 * up, box[3] + 0.1 * up];
}

/** Whether an axis only counts: every value along it is whole. */
export const counts = (series) => series.every((s) => s.style === "level" || s.x.every((x) => Number.isInteger(x)));

/** Ticks [[value, words], …] of an axis with about `wanted` of them; `whole`: at whole numbers only. */
export function ticks(low, high, wanted, whole = false) {
  const nice = niceStep((high - low) / Math.max(1, wanted));
  const step = whole ? Math.max(1, Math.round(nice)) : nice;
  const found = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-6; v += step) {
    found.push([v, number(v, placesFor(step))]);
  }
  return found;
}

/** Paths of one layer in a plot whose `X` and `Y` give pixels: { marks, bars }. */
export function layerPaths(layer, X, Y, floor) {
  let marks = "";
  let bars = "";
  layer.x.forEach((x, i) => {
    const y = layer.y[i];
    if (!finite(x)) return;
    const a = X(x);
    if (layer.style === "mark") {
      marks += `M${(a - 4.5).toFixed(1)} ${floor - 1}h9l-4.5-7z`;
      return;
    }
    if (!finite(y)) return;
    const b = Y(y);
    if (layer.style === "even") marks += `M${(a - 2.8).toFixed(1)} ${(b - 2.8).toFixed(1)}h5.6v5.6h-5.6z`;
    else if (layer.style === "line" || layer.style === "level") {
      marks += `${marks ? "L" : "M"}${a.toFixed(1)} ${b.toFixed(1)}`;
    } else marks += `M${a.toFixed(1)} ${b.toFixed(1)}h0`;
    const e = layer.err?.[i];
    if (finite(e) && e > 0) bars += `M${a.toFixed(1)} ${Y(y - e).toFixed(1)}V${Y(y + e).toFixed(1)}`;
  });
  return { marks, bars };
}
