/** What the user's marks measure: middle, length, depth against the light beside them. */

import { lowerBound } from "./timeline.js";

export function markedRanges(explorer) {
  const { light } = explorer;
  const mean = (from, to) => {
    let sum = 0;
    let n = 0;
    const stop = lowerBound(light.t, to);
    for (let i = lowerBound(light.t, from); i < stop; i++) {
      if (light.state[i] === 1 && light.flux[i] === light.flux[i]) {
        sum += light.flux[i];
        n += 1;
      }
    }
    return n ? [sum / n, n] : [NaN, 0];
  };
  return explorer.edits.now.marks.map(([from, to]) => {
    const length = to - from;
    const [inside, nInside] = mean(from, to);
    // A little away from the mark: a hand marks less than the whole dip as often as more.
    const [before, nBefore] = mean(from - 1.5 * length, from - 0.5 * length);
    const [after, nAfter] = mean(to + 0.5 * length, to + 1.5 * length);
    const beside = nBefore + nAfter ? ((nBefore ? before * nBefore : 0) + (nAfter ? after * nAfter : 0)) / (nBefore + nAfter) : NaN;
    const depth = nInside && nBefore + nAfter ? beside - inside : null;
    return { from, to, middle: (from + to) / 2, depth };
  });
}
