/** What the user hid and marked, with undo and redo. Every edit makes a new list; the past keeps the old ones. */

/** Ranges sorted and joined where they overlap. */
export function joinRanges(list) {
  const sorted = list.filter((r) => r[0] < r[1]).sort((a, b) => a[0] - b[0]);
  const joined = [];
  for (const [start, stop] of sorted) {
    const last = joined[joined.length - 1];
    if (last && start <= last[1]) last[1] = Math.max(last[1], stop);
    else joined.push([start, stop]);
  }
  return joined;
}

export class Edits {
  constructor(hidden = [], marks = []) {
    this.past = [];
    this.future = [];
    this.now = { hidden: joinRanges(hidden), marks: [...marks].sort((a, b) => a[0] - b[0]) };
  }

  change(next) {
    this.past.push(this.now);
    if (this.past.length > 200) this.past.shift();
    this.future = [];
    this.now = { ...this.now, ...next };
  }

  hide(start, stop) {
    this.change({ hidden: joinRanges([...this.now.hidden.map((r) => [...r]), [start, stop]]) });
  }

  unhide(index) {
    this.change({ hidden: this.now.hidden.filter((_, k) => k !== index) });
  }

  mark(start, stop) {
    this.change({ marks: [...this.now.marks, [start, stop]].sort((a, b) => a[0] - b[0]) });
  }

  unmark(index) {
    this.change({ marks: this.now.marks.filter((_, k) => k !== index) });
  }

  undo() {
    if (!this.past.length) return false;
    this.future.push(this.now);
    this.now = this.past.pop();
    return true;
  }

  redo() {
    if (!this.future.length) return false;
    this.past.push(this.now);
    this.now = this.future.pop();
    return true;
  }
}
