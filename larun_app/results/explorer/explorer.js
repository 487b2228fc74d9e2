/** What all three charts share: the run, the window, the selected signal and period, the edits. */

import { Edits, joinRanges } from "./edits.js";
import { bestEpoch } from "./folding.js";
import { LightCurve } from "./lightcurve.js";
import { readView, writeView } from "./view_url.js";

const SHORTEST_WINDOW_DAYS = 0.15;

/** The missions write their days from different zero points; the axis says which. */
export function dayScale(report) {
  const missions = new Set(report.sectors.map((s) => s.mission));
  if (missions.has("Kepler") || missions.has("K2")) return { shift: 2457000 - 2454833, name: "BKJD", zero: 2454833 };
  return { shift: 0, name: missions.has("TESS") ? "BTJD" : "BJD − 2457000", zero: 2457000 };
}

export class Explorer {
  constructor(report, lightCurveSeries) {
    this.report = report;
    this.light = new LightCurve(lightCurveSeries);
    this.offset = lightCurveSeries.meta.time_offset_bjd ?? 2457000;
    this.days = dayScale(report);
    this.listeners = new Set();
    this.signals = report.signals.map((s) => ({ ...s, rejected: false }));
    if (!this.signals.length && report.best_rejected) {
      this.signals = [{ ...report.best_rejected, index: 0, rejected: true }];
    }
    const first = this.signals[0];
    const length = this.light.timeline.length;
    this.fullView = [-0.012 * length, 1.012 * length];
    this.state = {
      view: this.startView(),
      signal: first ? first.index : 0,
      period: first ? first.period_days : this.report.periodograms[0]?.best_period_days ?? 1,
      epoch: first ? first.epoch_bjd - this.offset : this.light.timeline.start,
      duration: first ? first.duration_hours : 3,
      foldMode: "all",
      foldSpan: first?.kind === "binary" ? "orbit" : "dip",
      layer: "flux",
      mode: "move",
      showLeftOut: false,
      test: "", // a check whose points are picked out
    };
    this.edits = new Edits();
    const view = readView(window.location.search);
    if (view.signal !== undefined && this.find(view.signal)) this.useSignal(view.signal);
    if (view.period !== undefined) this.state.period = view.period;
    if (view.epoch !== undefined) this.state.epoch = view.epoch;
    if (view.foldMode) this.state.foldMode = view.foldMode;
    if (view.foldSpan) this.state.foldSpan = view.foldSpan;
    if (view.layer) this.state.layer = view.layer;
    if (view.hidden.length || view.marks.length) this.edits = new Edits(view.hidden, view.marks);
    if (view.test) this.state.test = view.test;
    if (this.checked && !view.range) this.state.view = this.viewOfCheck();
    if (view.range) this.state.view = this.clampView(view.range.map((t) => this.light.timeline.toU(t)));
    this.light.setHidden(this.edits.now.hidden);
  }

  /** The first look: everything, unless the star was seen for long; then the stretch of two neighbouring sectors
   * (one on a phone) with the most dips and the fewest holes. */
  startView() {
    if (this.firstView) return [...this.firstView];
    const { timeline } = this.light;
    const sectors = this.light.meta.sectors ?? [];
    const together = window.innerWidth < 700 ? 1 : 2;
    this.firstView = [...this.fullView];
    if (timeline.length < 60 * together || sectors.length <= together + 1) return [...this.firstView];
    const first = this.signals[0];
    const dips = first
      ? this.light
          .dips({ period: first.period_days, epoch: first.epoch_bjd - this.offset, duration: first.duration_hours })
          .filter((d) => d.points > 0)
          .map((d) => d.t)
      : [];
    let best = -Infinity;
    for (let k = 0; k + together <= sectors.length; k++) {
      const from = sectors[k].start;
      const to = sectors[k + together - 1].stop;
      const a = timeline.toU(from);
      const b = timeline.toU(to);
      const score = dips.filter((t) => t >= from && t <= to).length - 10 * timeline.breaks(a, b).length;
      if (score > best && b > a) {
        best = score;
        const margin = (b - a) * 0.02;
        this.firstView = [a - margin, b + margin];
      }
    }
    return [...this.firstView];
  }

  find(index) {
    return this.signals.find((s) => s.index === index);
  }

  get signal() {
    return this.find(this.state.signal) ?? null;
  }

  /** The check picked out in the address: { title, windows: [[from, to], …] in days of the light };
   * null where the signal has no such check or it names no points. */
  get checked() {
    const test = this.signal?.vetting?.[this.state.test];
    if (!test?.windows_bjd?.length) return null;
    const key = `${this.state.signal}|${this.state.test}`;
    if (this.checkedKey !== key) {
      this.checkedKey = key;
      const windows = joinRanges(test.windows_bjd.map(([a, b]) => [a - this.offset, b - this.offset]));
      this.checkedKept = windows.length ? { title: test.title, windows } : null;
    }
    return this.checkedKept;
  }

  /** A window around the check's points; everything, where they lie all over the light. */
  viewOfCheck() {
    const { timeline } = this.light;
    const { windows } = this.checked;
    const from = timeline.toU(windows[0][0]);
    const to = timeline.toU(windows[windows.length - 1][1]);
    const margin = Math.max(1.5, 0.15 * (to - from));
    return to - from > 0.5 * timeline.length ? [...this.fullView] : this.clampView([from - margin, to + margin]);
  }

  /** Is the period shown still that of the selected signal (well enough for its model to fit)? */
  get onSignal() {
    const s = this.signal;
    if (!s) return false;
    const span = Math.max(1, this.light.timeline.stop - this.light.timeline.start);
    const cycles = span / s.period_days;
    const drift = Math.abs(this.state.period - s.period_days) * cycles * 24;
    const away = (this.state.epoch - (s.epoch_bjd - this.offset)) / s.period_days;
    return drift < s.duration_hours * 0.5 && Math.abs(away - Math.round(away)) * s.period_days * 24 < s.duration_hours * 0.3;
  }

  get ephemeris() {
    if (!this.signals.length && !this.report.periodograms.length) return null;
    const { period, epoch, duration } = this.state;
    return { period, epoch, duration };
  }

  get signalName() {
    const s = this.signal;
    if (!s || !this.onSignal) return "the chosen period";
    return s.rejected ? "the strongest repeat" : `signal ${s.index}`;
  }

  /** Colour role of a signal: amber for the first, rose for the second, and so on in turns. */
  tone(index) {
    return index > 0 && index % 2 === 0 ? "alt" : "mark";
  }

  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(what) {
    for (const listener of [...this.listeners]) listener(what);
    clearTimeout(this.addressTimer);
    this.addressTimer = setTimeout(() => this.writeAddress(), what === "view" ? 250 : 60);
  }

  writeAddress() {
    const { timeline } = this.light;
    const s = this.state;
    const first = this.signals[0];
    const now = this.signal;
    const query = writeView(
      {
        ...s,
        range: s.view.map((u) => timeline.toT(u)),
        fullRange: this.startView().map((u) => timeline.toT(u)),
        hidden: this.edits.now.hidden,
        marks: this.edits.now.marks,
        foldSpan: s.foldSpan === (first?.kind === "binary" ? "orbit" : "dip") ? "dip" : s.foldSpan,
      },
      {
        signal: first ? first.index : 0,
        period: now ? now.period_days : s.period,
        epoch: now ? now.epoch_bjd - this.offset : s.epoch,
      },
      window.location.search,
    );
    const url = window.location.pathname + (query ? `?${query}` : "") + window.location.hash;
    if (url !== window.location.pathname + window.location.search + window.location.hash) {
      window.history.replaceState(window.history.state, "", url);
    }
  }

  clampView([a, b]) {
    const [low, high] = this.fullView;
    let width = Math.min(high - low, Math.max(SHORTEST_WINDOW_DAYS, b - a));
    if (!Number.isFinite(width)) width = high - low;
    let from = (a + b) / 2 - width / 2;
    from = Math.min(Math.max(from, low), high - width);
    return [from, from + width];
  }

  setView(view) {
    this.state.view = this.clampView(view);
    this.tell("view");
  }

  zoom(factor, at = 0.5) {
    const [a, b] = this.state.view;
    const centre = a + (b - a) * at;
    this.setView([centre - (centre - a) * factor, centre + (b - centre) * factor]);
  }

  pan(share) {
    const [a, b] = this.state.view;
    const by = (b - a) * share;
    const [low, high] = this.fullView;
    const kept = Math.min(Math.max(by, low - a), high - b);
    this.setView([a + kept, b + kept]);
  }

  get atWidest() {
    const [a, b] = this.state.view;
    return b - a >= (this.fullView[1] - this.fullView[0]) * 0.999;
  }

  useSignal(index) {
    const s = this.find(index);
    if (!s) return;
    Object.assign(this.state, {
      signal: index,
      period: s.period_days,
      epoch: s.epoch_bjd - this.offset,
      duration: s.duration_hours,
    });
    if (s.kind === "binary") this.state.foldSpan = "orbit";
  }

  selectSignal(index) {
    if (!this.find(index)) return;
    this.useSignal(index);
    this.tell("period");
  }

  setPeriod(period) {
    if (!Number.isFinite(period) || period < 0.02 || period > 1e5) return;
    this.state.period = period;
    this.tell("period");
  }

  /** Folds on a period picked in the periodogram; the mid-time is where the deepest dip is. */
  pickPeriod(period) {
    const known = this.signals.find((s) => Math.abs(s.period_days / period - 1) < 0.002);
    if (known) {
      this.selectSignal(known.index);
      return known.index;
    }
    const { light } = this;
    this.state.period = period;
    this.state.epoch = bestEpoch(light.t, light.flux, light.state, period, this.state.duration);
    this.tell("period");
    return null;
  }

  /** A step that moves the outermost dips by a twentieth of the duration: small enough to see what happens. */
  get nudgeStep() {
    const span = Math.max(this.state.period, this.light.timeline.stop - this.light.timeline.start);
    return ((this.state.duration / 24) * 0.15 * this.state.period) / span;
  }

  resetPeriod() {
    if (this.signal) this.selectSignal(this.state.signal);
    else if (this.report.periodograms[0]) this.pickPeriod(this.report.periodograms[0].best_period_days);
  }

  set(changes, what = "look") {
    Object.assign(this.state, changes);
    this.tell(what);
  }

  edited() {
    this.light.setHidden(this.edits.now.hidden);
    this.tell("edits");
  }

  hide(uFrom, uTo) {
    this.edits.hide(this.light.timeline.toT(uFrom), this.light.timeline.toT(uTo));
    this.edited();
  }

  mark(uFrom, uTo) {
    this.edits.mark(this.light.timeline.toT(uFrom), this.light.timeline.toT(uTo));
    this.edited();
  }

  undo() {
    if (this.edits.undo()) this.edited();
  }

  redo() {
    if (this.edits.redo()) this.edited();
  }

  /** Dips of the period shown: [{ t, number, points, seen }]. `seen` is the search's own count where the period is that
   * of a signal, else at least a third of the dip having been observed. */
  dips() {
    const e = this.ephemeris;
    const key = e ? `${e.period}|${e.epoch}|${e.duration}|${this.state.signal}|${this.light.version}` : "";
    if (this.dipsKey === key) return this.dipsKept;
    const times = this.onSignal ? this.signal.transit_times_bjd ?? [] : [];
    const expected = e ? e.duration / 24 / Math.max(this.light.cadenceDays, 1e-5) : 1;
    const half = e ? e.duration / 48 : 0;
    let next = 0;
    this.dipsKept = this.light.dips(e).map((dip) => {
      if (!times.length) return { ...dip, seen: dip.points >= Math.max(1, expected / 3) };
      while (next < times.length && times[next] - this.offset < dip.t - half) next += 1;
      const counted = next < times.length && Math.abs(times[next] - this.offset - dip.t) <= half;
      return { ...dip, seen: counted && dip.points > 0 };
    });
    this.dipsKey = key;
    return this.dipsKept;
  }

  /** Centres the window on the next (+1) or previous (-1) dip with data. */
  goToDip(direction) {
    const { timeline } = this.light;
    const [a, b] = this.state.view;
    const dips = this.dips().filter((d) => d.seen);
    if (!dips.length) return null;
    const wanted = Math.min(b - a, Math.max(1, (this.state.duration / 24) * 8));
    const middle = timeline.toT((a + b) / 2);
    const tolerance = 1e-4;
    const target =
      direction > 0
        ? dips.find((d) => d.t > middle + tolerance) ?? dips[0]
        : [...dips].reverse().find((d) => d.t < middle - tolerance) ?? dips[dips.length - 1];
    const u = timeline.toU(target.t);
    this.setView([u - wanted / 2, u + wanted / 2]);
    return target;
  }

  /** Labels of the sectors with data inside the window. */
  sectorsShown() {
    const { timeline } = this.light;
    const [a, b] = this.state.view;
    return (this.light.meta.sectors ?? [])
      .filter((s) => {
        const [from, to] = [timeline.toU(s.start), timeline.toU(s.stop)];
        // A sliver at the edge of the window is no sector shown.
        return Math.min(b, to) - Math.max(a, from) > Math.min(0.04 * (to - from), 0.3 * (b - a));
      })
      .map((s) => s.label);
  }
}
