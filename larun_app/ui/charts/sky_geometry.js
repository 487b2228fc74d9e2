/** Where pixels and stars lie on the sky: arcsec east and north of the target, from a sector's linear mapping. */

const finite = (v) => v !== null && v !== undefined && Number.isFinite(v);

/** (column, row) of a sector -> [east, north] in arcsec from its target. */
export function toSky(sector) {
  const [[a, b], [c, d]] = sector.cd;
  const { column: c0, row: r0 } = sector.target;
  return (column, row) => {
    const dx = (column - c0) * 3600;
    const dy = (row - r0) * 3600;
    return [a * dx + b * dy, c * dx + d * dy];
  };
}

/** Edge of a sector's pixel, arcsec. */
export const pixelEdge = ({ cd: [[a, b], [c, d]] }) => Math.sqrt(Math.abs(a * d - b * c)) * 3600;

/** Corners of every pixel with its value: [{ corners: [[e, n] × 4], value, row, column }, …]; null values left out. */
export function cells(sector, values) {
  const place = toSky(sector);
  const found = [];
  for (let row = 0; row < sector.rows; row++) {
    for (let column = 0; column < sector.columns; column++) {
      const value = values?.[row * sector.columns + column];
      if (!finite(value)) continue;
      found.push({
        corners: [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]].map(([x, y]) => place(column + x, row + y)),
        value,
        row,
        column,
      });
    }
  }
  return found;
}

/** Edges of the aperture: [[[e, n], [e, n]], …], each between a pixel inside and one outside. */
export function apertureEdges(sector) {
  if (!sector.aperture) return [];
  const place = toSky(sector);
  const inside = (column, row) =>
    column >= 0 && row >= 0 && column < sector.columns && row < sector.rows && Boolean(sector.aperture[row * sector.columns + column]);
  const edges = [];
  for (let row = 0; row < sector.rows; row++) {
    for (let column = 0; column < sector.columns; column++) {
      if (!inside(column, row)) continue;
      const [l, r, b, t] = [column - 0.5, column + 0.5, row - 0.5, row + 0.5];
      if (!inside(column - 1, row)) edges.push([place(l, b), place(l, t)]);
      if (!inside(column + 1, row)) edges.push([place(r, b), place(r, t)]);
      if (!inside(column, row - 1)) edges.push([place(l, b), place(r, b)]);
      if (!inside(column, row + 1)) edges.push([place(l, t), place(r, t)]);
    }
  }
  return edges;
}

/** Opacity of a pixel, 0.06 to 0.9: in proportion for light that is missing, by its root for an image, whose stars
 * differ a hundredfold. Negative light is as pale as none. */
export function shades(list, kind) {
  const values = list.map((c) => Math.max(0, c.value)).sort((x, y) => x - y);
  const low = kind === "out" ? values[Math.floor(0.05 * values.length)] ?? 0 : 0;
  const high = values[values.length - 1] ?? 0;
  return list.map((c) => {
    const share = high > low ? Math.min(1, Math.max(0, (c.value - low) / (high - low))) : 0;
    return 0.06 + 0.84 * (kind === "out" ? Math.sqrt(share) : share);
  });
}

/** A star of the report's list in arcsec east and north. */
export function ofNeighbour(star) {
  const angle = (star.position_angle_deg * Math.PI) / 180;
  return [star.separation_arcsec * Math.sin(angle), star.separation_arcsec * Math.cos(angle)];
}

/** Radius of a star's dot in CSS pixels, by magnitude against the brightest. */
export const dotRadius = (tmag, brightest) => (finite(tmag) ? Math.max(1.5, Math.min(9.5, 9.5 - (tmag - brightest) * 0.95)) : 2);

/** "north-east" of a step. */
export function direction(east, north) {
  const names = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];
  const turn = Math.round((Math.atan2(east, north) / (2 * Math.PI)) * 8);
  return names[(turn + 8) % 8];
}
