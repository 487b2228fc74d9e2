/** The view in the address: what a shared link restores. Only what differs from the default is written. */

const trim = (value, digits) => String(Number(value.toFixed(digits)));

/** State -> query string (without "?"), keeping foreign parameters. */
export function writeView(state, defaults, search) {
  const query = new URLSearchParams(search);
  const set = (name, value) => (value ? query.set(name, value) : query.delete(name));
  const { range, fullRange } = state;
  const whole = !range || (Math.abs(range[0] - fullRange[0]) < 1e-3 && Math.abs(range[1] - fullRange[1]) < 1e-3);
  set("from", whole ? "" : trim(range[0], 4));
  set("to", whole ? "" : trim(range[1], 4));
  set("signal", state.signal === defaults.signal ? "" : String(state.signal));
  set("period", Math.abs(state.period - defaults.period) < 1e-9 ? "" : trim(state.period, 7));
  set("epoch", Math.abs(state.epoch - defaults.epoch) < 1e-9 ? "" : trim(state.epoch, 5));
  set("fold", state.foldMode === "all" ? "" : state.foldMode);
  set("width", state.foldSpan === "dip" ? "" : state.foldSpan);
  set("light", state.layer === "flux" ? "" : state.layer);
  set("test", state.test);
  set("hide", state.hidden.map(([a, b]) => `${trim(a, 4)}~${trim(b, 4)}`).join(","));
  set("mark", state.marks.map(([a, b]) => `${trim(a, 4)}~${trim(b, 4)}`).join(","));
  return query.toString();
}

function ranges(text) {
  if (!text) return [];
  return text
    .split(",")
    .slice(0, 200)
    .map((part) => part.split("~").map(Number))
    .filter((r) => r.length === 2 && r.every(Number.isFinite) && r[0] < r[1]);
}

/** Query string -> the parts of the view it names; anything malformed is ignored. */
export function readView(search) {
  const query = new URLSearchParams(search);
  const view = {};
  const finite = (name, low, high) => {
    if (!query.has(name) || query.get(name).trim() === "") return undefined;
    const value = Number(query.get(name));
    return Number.isFinite(value) && value >= low && value <= high ? value : undefined;
  };
  const from = finite("from", -1e6, 1e7);
  const to = finite("to", -1e6, 1e7);
  if (from !== undefined && to !== undefined && from < to) view.range = [from, to];
  const signal = finite("signal", 0, 99);
  if (signal !== undefined) view.signal = Math.round(signal);
  const period = finite("period", 0.02, 1e5);
  if (period !== undefined) view.period = period;
  const epoch = finite("epoch", -1e7, 1e7);
  if (epoch !== undefined) view.epoch = epoch;
  if (["oddeven", "leftover"].includes(query.get("fold"))) view.foldMode = query.get("fold");
  if (query.get("width") === "orbit") view.foldSpan = "orbit";
  if (query.get("light") === "raw") view.layer = "raw";
  if (/^[a-z0-9_]{1,40}$/.test(query.get("test") ?? "")) view.test = query.get("test");
  view.hidden = ranges(query.get("hide"));
  view.marks = ranges(query.get("mark"));
  return view;
}
