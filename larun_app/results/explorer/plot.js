/** A uPlot chart that keeps scales and axes only; what is seen is painted by the card's own functions. */

import uPlot from "uplot";
import { chartFont, readTokens } from "./paint.js";

/**
 * @param {HTMLElement} host
 * @param {object} options
 *   x, y: { min, max, label, splits(min, max, pixels), values(splits), size }
 *   height(host): CSS pixels
 *   under(ctx, plot, tokens): painted below the grid; over(ctx, plot, tokens): above it; both clipped to the plot box
 *   top(ctx, plot, tokens): unclipped
 */
export function makePlot(host, options) {
  let tokens = readTokens();
  const { x, y } = options;
  const axis = (side, spec) => ({
    side,
    show: !spec.hide,
    stroke: () => tokens.ink2,
    font: `11.5px ${chartFont()}`,
    label: spec.label?.() || undefined,
    labelFont: `11.5px ${chartFont()}`,
    labelSize: side === 3 ? 18 : 20,
    labelGap: 0,
    // the left axis grows with its longest number
    size: (_u, values) =>
      side === 3
        ? Math.max(spec.size ?? 46, 14 + 6.4 * Math.max(0, ...(values ?? []).map((v) => v?.length ?? 0)))
        : (spec.size ?? 26),
    gap: side === 3 ? 6 : 3,
    grid: side === 3 ? { show: true, stroke: () => tokens.grid, width: 1 } : { show: false },
    ticks: side === 3 ? { show: false } : { show: true, stroke: () => tokens.axis, width: 1, size: 4 },
    border: side === 2 ? { show: true, stroke: () => tokens.axis, width: 1 } : { show: false },
    splits: (u, _axis, min, max) => spec.splits(min, max, side === 3 ? u.height - 50 : u.width - 60),
    values: (_u, splits) => spec.values(splits),
  });
  const clipped = (paint) => (u) => {
    if (!paint) return;
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    paint(ctx, u, tokens);
    ctx.restore();
  };
  const plot = new uPlot(
    {
      width: Math.max(120, host.clientWidth),
      height: options.height(host),
      padding: options.padding ?? [8, 10, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      select: { show: false },
      scales: {
        x: { time: false, auto: false, range: (_u, min, max) => [min, max] },
        y: { auto: false, range: (_u, min, max) => [min, max] },
      },
      axes: [axis(2, x), axis(3, y)],
      series: [{}, { show: true, points: { show: false }, paths: () => null }],
      hooks: {
        drawClear: [clipped(options.under)],
        draw: [
          clipped(options.over),
          (u) => {
            u.ctx.save();
            options.top?.(u.ctx, u, tokens);
            u.ctx.restore();
          },
        ],
      },
    },
    [
      [x.min, x.max],
      [null, null],
    ],
    host,
  );
  plot.batch(() => {
    plot.setScale("x", { min: x.min, max: x.max });
    plot.setScale("y", { min: y.min, max: y.max });
  });
  const observer = new ResizeObserver(() => {
    const width = Math.max(120, host.clientWidth);
    const height = options.height(host);
    if (width !== plot.width || height !== plot.height) {
      plot.setSize({ width, height });
    }
  });
  observer.observe(host);
  return {
    plot,
    setScales(xRange, yRange) {
      plot.batch(() => {
        plot.setScale("x", { min: xRange[0], max: xRange[1] });
        if (yRange) plot.setScale("y", { min: yRange[0], max: yRange[1] });
      });
    },
    redraw: () => plot.redraw(false, true),
    retheme() {
      tokens = readTokens();
      plot.redraw(false, true);
    },
    tokens: () => tokens,
    /** The picture with its ground, for a download. */
    picture(title) {
      const source = plot.ctx.canvas;
      const ratio = source.width / Math.max(1, plot.width);
      const head = title ? 30 * ratio : 0;
      const canvas = document.createElement("canvas");
      canvas.width = source.width;
      canvas.height = source.height + head;
      const context = canvas.getContext("2d");
      context.fillStyle = tokens.panel;
      context.fillRect(0, 0, canvas.width, canvas.height);
      if (title) {
        context.fillStyle = tokens.ink;
        context.font = `600 ${14 * ratio}px ${chartFont()}`;
        context.fillText(title, 12 * ratio, 20 * ratio);
      }
      context.drawImage(source, 0, head);
      return canvas;
    },
    destroy() {
      observer.disconnect();
      plot.destroy();
    },
  };
}

/** Runs `paint` at most once a frame. */
export function onceAFrame(paint) {
  let pending = 0;
  const schedule = () => {
    if (!pending) {
      pending = requestAnimationFrame(() => {
        pending = 0;
        paint();
      });
    }
  };
  schedule.cancel = () => {
    cancelAnimationFrame(pending);
    pending = 0;
  };
  return schedule;
}

/** Calls back whenever the page changes between light and dark, or its fonts have arrived. */
export function watchTheme(callback) {
  let watching = true;
  const now = () => watching && callback();
  const later = () => setTimeout(now, 30);
  const observer = new MutationObserver(later);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "data-theme", "style"] });
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", later);
  document.fonts?.ready.then(now);
  return () => {
    watching = false;
    observer.disconnect();
    media.removeEventListener("change", later);
  };
}
