/** Painting of the light curve and of its overview strip. */

import { crosses, dots, hatch, label, line, triangles } from "./paint.js";
import { lowerBound } from "./timeline.js";
import { sectorName } from "./words.js";

/** Vertical range for what the window shows: the bulk of the points and the dips, steady while one pans. */
export function yRange(explorer) {
  const { light, state } = explorer;
  const layer = state.layer;
  const [from, to] = layer === "raw" ? light.range(...state.view) : [0, light.n];
  const spread = light.spread(from, to, layer);
  if (!spread.n) return [-1000, 1000];
  if (layer === "raw") {
    const margin = (spread.hi - spread.lo) * 0.12;
    return [spread.lo - margin, spread.hi + margin];
  }
  const averages = light.averages(1 / 24, layer, null).y;
  const depth = explorer.signal?.depth_ppm ?? 0;
  const bulk = Math.max(1.35 * depth, 5 * halfWidth(light, averages), 0.9 * spread.sigma);
  const below = Math.max(depth * 1.3, Math.min(-spread.lo * 1.15, 1.9 * bulk));
  return [-below, Math.max(0.16 * below, Math.min(spread.hi * 1.15, 1.6 * bulk))];
}

/** Half the width of the middle two thirds of the averages; cached on the curve. */
function halfWidth(light, averages) {
  const key = "halfwidth";
  if (!light.cache.has(key)) {
    const sorted = Float64Array.from(averages).sort();
    const at = (share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    light.cache.set(key, (at(0.84) - at(0.16)) / 2);
  }
  return light.cache.get(key);
}

/** How many averages a plot of so many CSS pixels carries: close, without touching. */
export const averagesWanted = (pixels) => Math.max(150, pixels * 1.5);

const toneColour = (explorer, tokens) =>
  explorer.state.signal && explorer.onSignal && explorer.tone(explorer.state.signal) === "alt" ? tokens.alt : tokens.mark;

export const drawBrightness = {
  /** Sector bands, breaks and hidden ranges, below the grid. */
  under(ctx, plot, tokens, explorer) {
    const { light } = explorer;
    const { timeline } = light;
    const { top, height } = plot.bbox;
    const [u0, u1] = explorer.state.view;
    const x = (u) => plot.valToPos(u, "x", true);
    ctx.fillStyle = tokens.band;
    for (const [a, b] of stretches(light)) {
      if (b < u0 || a > u1) continue;
      ctx.fillRect(x(a), top, Math.max(1, x(b) - x(a)), height);
    }
    const ratio = devicePixelRatio || 1;
    for (const [a, b] of explorer.checked?.windows ?? []) {
      const left = x(timeline.toU(a));
      const right = x(timeline.toU(b));
      if (timeline.toU(b) < u0 || timeline.toU(a) > u1) continue;
      ctx.fillStyle = tokens.markGround;
      ctx.fillRect(left, top, Math.max(2 * ratio, right - left), height);
    }
    for (const [a, b] of explorer.edits.now.hidden) {
      const left = x(timeline.toU(a));
      hatch(ctx, left, top, Math.max(2, x(timeline.toU(b)) - left), height, tokens.mask, ratio);
    }
  },

  over(ctx, plot, tokens, explorer, cloud) {
    const { light, state } = explorer;
    const ratio = devicePixelRatio || 1;
    const [u0, u1] = state.view;
    const [from, to] = light.range(u0, u1);
    const values = light.values(state.layer);
    const { left, top, width, height } = plot.bbox;
    const scaleX = width / (u1 - u0);
    const { min, max } = plot.scales.y;
    const scaleY = -height / (max - min);
    const visible = to - from;
    const box = { left, top, width, height };
    if (visible > 2500) {
      cloud.draw(ctx, box, light.u, values, light.state, from, to, scaleX, -u0 * scaleX, scaleY, -max * scaleY, tokens.raw, ratio);
    } else {
      const xs = [];
      const ys = [];
      for (let i = from; i < to; i++) {
        if (light.state[i] !== 1) continue;
        xs.push(left + (light.u[i] - u0) * scaleX);
        ys.push(top + (values[i] - max) * scaleY);
      }
      ctx.globalAlpha = 0.85;
      dots(ctx, xs, ys, (visible > 900 ? 1.2 : 1.7) * ratio, tokens.raw);
      ctx.globalAlpha = 1;
    }
    if (state.showLeftOut) {
      const xs = [];
      const ys = [];
      for (let i = from; i < to && xs.length < 4000; i++) {
        if (light.state[i] !== 0 || values[i] !== values[i]) continue;
        xs.push(left + (light.u[i] - u0) * scaleX);
        ys.push(Math.min(top + height - 3, Math.max(top + 3, top + (values[i] - max) * scaleY)));
      }
      crosses(ctx, xs, ys, 2.6 * ratio, tokens.ink3, 1.1 * ratio);
    }
    if (state.layer === "raw") {
      const xs = [];
      const ys = [];
      const step = Math.max(1, Math.floor(visible / 4000));
      let last = NaN;
      for (let i = from; i < to; i += step) {
        if (light.u[i] - last > Math.max(0.4, (4 * step * light.cadenceDays))) {
          xs.push(NaN);
          ys.push(NaN);
        }
        last = light.u[i];
        xs.push(left + (light.u[i] - u0) * scaleX);
        ys.push(top + (light.trend[i] - max) * scaleY);
      }
      line(ctx, xs, ys, tokens.model, 1.8 * ratio);
    }
    const [width_] = light.averageFor(u1 - u0, averagesWanted(width / ratio));
    const bins = light.averages(width_, state.layer, explorer.ephemeris);
    const first = lowerBound(bins.u, u0 - 0.05 * (u1 - u0));
    const last = lowerBound(bins.u, u1 + 0.05 * (u1 - u0));
    const plain = { xs: [], ys: [] };
    const dip = { xs: [], ys: [] };
    for (let i = first; i < last; i++) {
      // while a check's points are picked out, only they are amber
      const into = bins.dip[i] && !explorer.checked ? dip : plain;
      into.xs.push(left + (bins.u[i] - u0) * scaleX);
      into.ys.push(top + (bins.y[i] - max) * scaleY);
    }
    const crowd = plain.xs.length / (width / ratio);
    dots(ctx, plain.xs, plain.ys, (crowd > 0.45 ? 1.25 : crowd > 0.2 ? 1.5 : 2.2) * ratio, tokens.bin);
    const colour = toneColour(explorer, tokens);
    dots(ctx, dip.xs, dip.ys, (dip.xs.length > 600 ? 1.6 : dip.xs.length > 150 ? 2 : 2.5) * ratio, colour);
    drawChecked(ctx, plot, tokens, explorer, values);
    for (const [a, b] of explorer.edits.now.marks) {
      const x0 = left + (light.timeline.toU(a) - u0) * scaleX;
      const x1 = left + (light.timeline.toU(b) - u0) * scaleX;
      ctx.fillStyle = tokens.markGround;
      ctx.fillRect(x0, top, Math.max(2, x1 - x0), height);
    }
  },

  /** Sector names, breaks, dip triangles: not clipped. */
  top(ctx, plot, tokens, explorer) {
    const { light, state } = explorer;
    const { timeline } = light;
    const ratio = devicePixelRatio || 1;
    const { left, top, width, height } = plot.bbox;
    const [u0, u1] = state.view;
    const x = (u) => left + ((u - u0) / (u1 - u0)) * width;
    const sectors = light.meta.sectors ?? [];
    let nextFree = -Infinity;
    for (const s of sectors) {
      // A sector is named over its longest stretch in view, not over the hole in its middle.
      const [a, b] = longestStretch(light, Math.max(u0, timeline.toU(s.start)), Math.min(u1, timeline.toU(s.stop)));
      if (b <= a) continue;
      const name = x(b) - x(a) > 78 * ratio ? sectorName(s.label) : s.label;
      ctx.font = `${11.5 * ratio}px sans-serif`;
      const half = ctx.measureText(name).width / 2 + 5 * ratio;
      const middle = x((a + b) / 2);
      if (middle - half < nextFree || x(b) - x(a) < half * 1.4) continue;
      label(ctx, name, middle, top + 13 * ratio, tokens.ink3, { ratio, ground: tokens.panel });
      nextFree = middle + half;
    }
    for (const u of timeline.breaks(u0, u1)) drawBreak(ctx, x(u), top + height, tokens, ratio);
    const dips = explorer.dips();
    const xs = [];
    const missed = [];
    for (const d of dips) {
      const u = timeline.toU(d.t);
      if (u < u0 || u > u1) continue;
      (d.seen ? xs : missed).push(x(u));
    }
    if (xs.length <= width / ratio / 5) {
      triangles(ctx, xs, top + height - ratio, 4.5 * ratio, 7 * ratio, toneColour(explorer, tokens));
    } else {
      ctx.fillStyle = toneColour(explorer, tokens);
      for (const at of xs) ctx.fillRect(at - 0.5 * ratio, top + height - 5 * ratio, ratio, 5 * ratio);
    }
    if (missed.length && missed.length <= width / ratio / 12) {
      ctx.strokeStyle = tokens.ink3;
      ctx.lineWidth = ratio;
      ctx.setLineDash([]);
      for (const at of missed) {
        ctx.beginPath();
        ctx.moveTo(at - 4 * ratio, top + height - 1.5 * ratio);
        ctx.lineTo(at + 4 * ratio, top + height - 1.5 * ratio);
        ctx.lineTo(at, top + height - 8 * ratio);
        ctx.closePath();
        ctx.stroke();
      }
    }
  },
};

/** The measurements behind a check, in amber and larger than the others: at most 4 000 of them. */
function drawChecked(ctx, plot, tokens, explorer, values) {
  const { light, state } = explorer;
  const { checked } = explorer;
  if (!checked) return;
  const ratio = devicePixelRatio || 1;
  const { left, top, width, height } = plot.bbox;
  const [u0, u1] = state.view;
  const { min, max } = plot.scales.y;
  const shown = [];
  for (const [a, b] of checked.windows) {
    const stop = lowerBound(light.t, b);
    for (let i = lowerBound(light.t, a); i < stop; i++) {
      if (light.state[i] === 1 && light.u[i] >= u0 && light.u[i] <= u1) shown.push(i);
    }
  }
  const step = Math.max(1, Math.ceil(shown.length / 4000));
  const xs = [];
  const ys = [];
  for (let k = 0; k < shown.length; k += step) {
    xs.push(left + ((light.u[shown[k]] - u0) / (u1 - u0)) * width);
    ys.push(top + ((values[shown[k]] - max) * -height) / (max - min));
  }
  dots(ctx, xs, ys, (xs.length > 1200 ? 1.5 : 2.2) * ratio, tokens.mark);
}

function drawBreak(ctx, x, y, tokens, ratio) {
  ctx.save();
  ctx.fillStyle = tokens.panel;
  ctx.fillRect(x - 4 * ratio, y - 3 * ratio, 8 * ratio, 7 * ratio);
  ctx.strokeStyle = tokens.axis;
  ctx.lineWidth = 1.2 * ratio;
  ctx.setLineDash([]);
  for (const at of [x - 3 * ratio, x + 3 * ratio]) {
    ctx.beginPath();
    ctx.moveTo(at - 2.5 * ratio, y + 5 * ratio);
    ctx.lineTo(at + 2.5 * ratio, y - 5 * ratio);
    ctx.stroke();
  }
  ctx.restore();
}

/** Stretches of data without a hole of more than a day, as drawn days; cached on the curve. */
function stretches(light) {
  if (light.stretches) return light.stretches;
  const list = [];
  let start = 0;
  for (let i = 1; i <= light.n; i++) {
    if (i === light.n || light.u[i] - light.u[i - 1] > 1) {
      if (i > start) list.push([light.u[start], light.u[i - 1]]);
      start = i;
    }
  }
  light.stretches = list;
  return list;
}

function longestStretch(light, low, high) {
  let best = [0, 0];
  for (const [a, b] of stretches(light)) {
    const from = Math.max(a, low);
    const to = Math.min(b, high);
    if (to - from > best[1] - best[0] + 0.5) best = [from, to];
  }
  return best;
}

export const drawOverview = {
  under(ctx, plot, tokens, explorer) {
    const { light } = explorer;
    const { timeline } = light;
    const { top, height, left, width } = plot.bbox;
    const [low, high] = explorer.fullView;
    const x = (u) => left + ((u - low) / (high - low)) * width;
    ctx.fillStyle = tokens.band;
    for (const s of light.meta.sectors ?? []) {
      const a = x(timeline.toU(s.start));
      const b = x(timeline.toU(s.stop));
      ctx.fillRect(a, top, Math.max(1, b - a), height);
    }
    const ratio = devicePixelRatio || 1;
    ctx.fillStyle = tokens.markGround;
    for (const [a, b] of explorer.checked?.windows ?? []) {
      const from = x(timeline.toU(a));
      ctx.fillRect(from, top, Math.max(2 * ratio, x(timeline.toU(b)) - from), height);
    }
    for (const [a, b] of explorer.edits.now.hidden) {
      const from = x(timeline.toU(a));
      hatch(ctx, from, top, Math.max(2 * ratio, x(timeline.toU(b)) - from), height, tokens.mask, ratio);
    }
  },

  over(ctx, plot, tokens, explorer, cloud) {
    const { light } = explorer;
    const ratio = devicePixelRatio || 1;
    const [low, high] = explorer.fullView;
    const { left, top, width, height } = plot.bbox;
    const days = Math.max(light.cadenceDays, (high - low) / (width / ratio) / 3);
    const bins = light.averages(quantise(days), explorer.state.layer, null);
    const sorted = Float64Array.from(bins.y).sort();
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    const signal = explorer.signal;
    const lo = Math.min(at(0.002), signal ? -signal.depth_ppm : 0) - (at(0.998) - at(0.002)) * 0.25;
    const hi = at(0.998) + (at(0.998) - at(0.002)) * 0.1;
    const scaleX = width / (high - low);
    const scaleY = -height / Math.max(1, hi - lo);
    cloud.draw(
      ctx, { left, top, width, height }, bins.u, bins.y, null, 0, bins.u.length,
      scaleX, -low * scaleX, scaleY, -hi * scaleY, tokens.raw, ratio,
    );
  },

  top(ctx, plot, tokens, explorer) {
    const { light } = explorer;
    const { timeline } = light;
    const ratio = devicePixelRatio || 1;
    const { left, top, width, height } = plot.bbox;
    const [low, high] = explorer.fullView;
    const x = (u) => left + ((u - low) / (high - low)) * width;
    let nextFree = -Infinity;
    for (const s of light.meta.sectors ?? []) {
      const middle = x((timeline.toU(s.start) + timeline.toU(s.stop)) / 2);
      ctx.font = `${11.5 * ratio}px sans-serif`;
      const name = s.label.length > 12 ? `${s.label.slice(0, 11)}…` : s.label;
      const half = ctx.measureText(name).width / 2 + 4 * ratio;
      if (middle - half < nextFree) continue;
      const kept = Math.max(left + half - 4 * ratio, Math.min(left + width - half + 4 * ratio, middle));
      label(ctx, name, kept, top - 5 * ratio, tokens.ink3, { ratio });
      nextFree = kept + half;
    }
    const dips = explorer.dips().filter((d) => d.seen);
    if (dips.length <= width / ratio / 7) {
      triangles(ctx, dips.map((d) => x(timeline.toU(d.t))), top + height - 0.5 * ratio, 4 * ratio, 6 * ratio, toneColour(explorer, tokens));
    }
  },
};

/** One of a few widths, so that resizing does not fill the cache. */
function quantise(days) {
  return 2 ** Math.ceil(Math.log2(days));
}
