/** The small histogram of one parameter beside its number. Decoration: the number says the same. */

import { useParts } from "./fit_data.js";

const W = 88;
const H = 34;

/** What a limit at 95 % leaves: [low, high] as far as the histogram goes. */
function oneSided({ edges, counts }, side) {
  const total = counts.reduce((a, b) => a + b, 0);
  const last = edges[edges.length - 1];
  let sum = 0;
  for (let i = 0; i < counts.length; i += 1) {
    sum += counts[i];
    if (side === "upper" && sum >= 0.95 * total) return [edges[0], edges[i + 1]];
    if (side === "lower" && sum >= 0.05 * total) return [edges[i], last];
  }
  return [edges[0], last];
}

export function PosteriorShape({ signal, stamp, parameter, wide, side }) {
  const { value } = useParts(signal, stamp, ["corner"]);
  const axis = value?.[0].parameters.find((p) => p.name === parameter);
  if (!axis) return null;
  const top = Math.max(...axis.counts, 1);
  const { edges, counts, quantiles } = axis;
  const [first, last] = [edges[0], edges[edges.length - 1]];
  const X = (v) => ((v - first) / (last - first)) * W;
  const Y = (n) => H - 2 - (n / top) * (H - 5);
  const at = counts.map((n, i) => [X((edges[i] + edges[i + 1]) / 2), Y(n)]);
  const line = at.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
  const [low, high] = side ? oneSided(axis, side) : wide ? [quantiles[0], quantiles[4]] : [quantiles[1], quantiles[3]];
  const inside = at.filter(([x]) => x >= X(low) && x <= X(high));
  const area = inside.length > 1
    ? `M${inside[0][0].toFixed(1)} ${H - 2}L${inside.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}L${inside[inside.length - 1][0].toFixed(1)} ${H - 2}Z`
    : "";
  return (
    <svg className="pshape" width={W} height={H} viewBox={`0 0 ${W} ${H}`} aria-hidden="true">
      {area ? <path d={area} className="pfill" /> : null}
      <path d={`M${line}`} className="ln c-bin" strokeWidth="1.3" />
      <path d={`M0 ${H - 1.5}H${W}`} className="ax pbase" />
    </svg>
  );
}
