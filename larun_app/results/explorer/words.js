/** Numbers and sentences for people. Everything here is pure text-making. */

const THIN = "\u202f"; // narrow no-break space
const NB = "\u00a0";

/** 1234.5 -> "1 234.5" with a narrow no-break space and a true minus. */
export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const [whole, part] = Math.abs(value).toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, THIN);
  const text = part ? `${grouped}.${part}` : grouped;
  return value < 0 && Number(text.replace(/[^\d.]/g, "")) !== 0 ? `\u2212${text}` : text;
}

/** A number cut to `digits` significant ones, for ticks and sentences. */
export function significant(value, digits = 3) {
  if (!Number.isFinite(value) || value === 0) return number(value);
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  return number(value, Math.min(8, places));
}

/** Places after the point that a step of this size needs. */
export const placesFor = (step) => Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)));

/** A period in days with as many digits as `span` days of data can tell apart. */
export function period(days, digits) {
  if (!Number.isFinite(days)) return "–";
  return days.toFixed(digits ?? (days < 1 ? 5 : days < 10 ? 5 : days < 100 ? 4 : 3));
}

export const shortPeriod = (days) => significant(days, 3);

/** Depth as a visitor reads it: percent, two digits in the error. */
export function depth(ppm, err) {
  const percent = ppm / 1e4;
  if (!Number.isFinite(percent)) return "–";
  const places = Number.isFinite(err) && err > 0 ? Math.max(1, 1 - Math.floor(Math.log10(err / 1e4))) : 3;
  const cut = Math.min(6, places);
  return Number.isFinite(err) && err > 0
    ? `${number(percent, cut)}${NB}% ± ${number(err / 1e4, cut)}`
    : `${number(percent, cut)}${NB}%`;
}

export function hours(value) {
  if (!Number.isFinite(value)) return "–";
  if (value < 1) return `${number(value * 60, 0)}${NB}minutes`;
  if (value >= 48) return `${number(value / 24, 1)}${NB}days`;
  return `${number(value, 1)}${NB}hours`;
}

const SMALL = [
  "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
  "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
];

export const count = (n) => (Number.isInteger(n) && n >= 0 && n < SMALL.length ? SMALL[n] : number(n));
export const capital = (text) => (text ? text[0].toUpperCase() + text.slice(1) : text);
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

export function list(items) {
  if (items.length <= 1) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

/** "Sector 22", "Quarter 3", "Campaign 5" from the label and mission; file names stay as they are. */
export function sectorName(label) {
  const match = /^([SQC])(\d+)$/.exec(label);
  if (!match) return label;
  return `${{ S: "sector", Q: "quarter", C: "campaign" }[match[1]]} ${Number(match[2])}`;
}

/** "Sectors 22 and 23" from labels of one kind; otherwise the labels listed. */
export function sectorsInWords(labels) {
  const parsed = labels.map((label) => /^([SQC])(\d+)$/.exec(label));
  if (!labels.length) return "No sector";
  if (parsed.some((m) => !m) || new Set(parsed.map((m) => m?.[1])).size > 1) {
    return labels.length > 4 ? `${capital(count(labels.length))} files` : capital(list(labels));
  }
  const kind = { S: "sector", Q: "quarter", C: "campaign" }[parsed[0][1]];
  const numbers = parsed.map((m) => Number(m[2]));
  if (numbers.length === 1) return `${capital(kind)} ${numbers[0]}`;
  const runs = numbers.length > 4 ? `${numbers[0]} to ${numbers[numbers.length - 1]}` : list(numbers.map(String));
  return `${capital(kind)}s ${runs}`;
}

/** What the light-curve chart shows now. */
export function brightnessSummary({
  shown, total, marked, missed, label, hidden, leftOut, showLeftOut, layer, kind, amber = true,
}) {
  const parts = [];
  const all = shown.length === total;
  parts.push(
    total === 1
      ? `${sectorsInWords(shown)}.`
      : all
        ? `All ${count(total)} ${kind}s.`
        : `${sectorsInWords(shown)} of ${count(total)}.`,
  );
  if (label) {
    const gaps = missed === 1 ? "a gap" : "gaps";
    if (marked) {
      const dips = marked === 1 ? "One dip" : `${capital(count(marked))} dips`;
      const more = missed ? `; ${count(missed)} more fell into ${gaps}` : "";
      parts.push(`${dips} of ${label} ${marked === 1 ? "is" : "are"} marked${more}.`);
    } else if (missed) {
      parts.push(`${capital(plural(missed, "dip"))} of ${label} would be in here but fell into ${gaps}.`);
    } else {
      parts.push(`No dip of ${label} falls in here.`);
    }
    if (marked && amber) parts.push("Points inside a dip are amber.");
  }
  if (layer === "raw") parts.push("The line is the slow drift that was taken out before the search.");
  if (hidden) parts.push(`${capital(number(hidden))} ${hidden === 1 ? "point is" : "points are"} hidden by you.`);
  if (showLeftOut && leftOut) parts.push(`Crosses: ${number(leftOut)} points that the search left out.`);
  return parts.join(" ");
}

const RATIO_WORDS = { "1/3": "a third", "1/2": "half", 2: "twice", 3: "three times" };

/** What the periodogram shows now. */
export function periodogramSummary({ peaks, named, threshold, thresholdWords, best, round }) {
  const over = peaks.filter((p) => p.power >= threshold);
  const parts = [];
  if (round > 1) parts.push(`The search after ${plural(round - 1, "signal")} ${round === 2 ? "was" : "were"} taken out.`);
  if (!over.length) {
    parts.push(
      best
        ? `No period stands out. The highest peak, at ${shortPeriod(best.period)} days, stays under the dashed line.`
        : "No period stands out.",
    );
  } else {
    // Periods that the search named as signals; without any, the highest peak speaks for itself.
    const main = named.length ? named : [over[0].period];
    const family = over.filter((p) => p.relatives);
    const strangers = over.length - family.length - over.filter((p) => p.own).length;
    const one = main.length === 1;
    parts.push(
      `${one ? "One period stands out" : `${capital(count(main.length))} periods stand out`}, ${list(main.map(shortPeriod))} days${
        family.length ? `; other peaks are ${one ? "its" : "their"} parts and multiples` : ""
      }.`,
    );
    if (strangers > 0) {
      parts.push(`${capital(plural(strangers, "more peak"))} ${strangers === 1 ? "passes" : "pass"} the line but ${
        strangers === 1 ? "was" : "were"} not called convincing.`);
    }
  }
  if (thresholdWords) parts.push(thresholdWords);
  return parts.join(" ");
}

/** What the fold shows now. `shape`: "flat", "pointed" or "" where the noise does not tell. `fitted`: the depth of the
 * fitted dip, where the fold is that dip's own; else the mean of what lies in the shaded part is told. */
export function foldSummary({ mode, dips, periodDays, depthNow, fitted, duration, shape, odd, even }) {
  if (!dips) return `No dip was observed at ${period(periodDays)} days: they would all fall into gaps.`;
  const lead = `${capital(plural(dips, "dip"))} folded on ${period(periodDays, 4)} days`;
  if (mode === "oddeven") {
    if (!odd || !even) return `${lead}. There are too few to compare odd and even ones.`;
    const sigma = Math.abs(odd.depth - even.depth) / Math.hypot(odd.err, even.err);
    const same = sigma < 3;
    const shallow = odd.depth < even.depth ? odd : even;
    if (!same && shallow.depth < 3 * shallow.err && shallow.depth < 0.15 * Math.max(odd.depth, even.depth)) {
      return `${lead}. Only every second dip is there: the period is twice as long, ${period(2 * periodDays, 4)} days.`;
    }
    return `${lead}. Odd dips are ${depth(odd.depth, odd.err)} deep, even ones ${depth(even.depth, even.err)}: ${
      same
        ? "the same within the noise, as one planet would make."
        : `they differ by ${number(sigma, 1)} times the noise. Two stars that eclipse each other do that.`
    }`;
  }
  if (mode === "leftover") {
    if (!depthNow) return `${lead}, the model taken away.`;
    const sigma = Math.abs(depthNow.depth) / depthNow.err;
    return `${lead}, the model taken away. ${
      sigma < 3 ? "Nothing is left in the dip beyond noise." : `The dip differs from the model by ${number(sigma, 1)} times the noise.`
    }`;
  }
  if (!depthNow) return `${lead}.`;
  const sigma = depthNow.depth / depthNow.err;
  if (sigma < 3) return `${lead}: no dip stands out from the noise at this period.`;
  const shapeWords =
    shape === "flat"
      ? "a flat bottom and steep sides, as a planet would make"
      : shape === "pointed"
        ? "a pointed bottom, as a grazing planet or two stars would make"
        : "";
  const measure = fitted
    ? `${depth(fitted.depth, fitted.err)} deep, ${hours(duration)} long`
    : `on average ${depth(depthNow.depth, depthNow.err)} deep over ${hours(duration)}`;
  return `${lead}: ${measure}${shapeWords ? `; ${shapeWords}` : ""}.`;
}

export const ratioWords = (ratio) => RATIO_WORDS[ratio] ?? ratio;
