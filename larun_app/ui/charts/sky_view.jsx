/** The sky around the target: pixels turned to north up and east left, the aperture, the stars, the dips' own place. */

import { useEffect, useId, useMemo, useState } from "react";
import { Table2 } from "lucide-react";
import { IconButton, Segments } from "../../results/explorer/chart_frame.jsx";
import { capital, number, sectorName, significant } from "../../results/explorer/words.js";
import { useWidth } from "./picture_chart.jsx";
import {
  apertureEdges, cells, direction, dotRadius, ofNeighbour, pixelEdge, shades, toSky,
} from "./sky_geometry.js";
import { report, signalOf, skyPictures } from "./stored.js";

const MOST_STARS = 500;
const MOST_ROWS = 60;
const KINDS = [["difference", "Difference"], ["out", "Average image"], ["stars", "Stars only"]];
const angle = (v) => `${significant(v, 2)}″`;
/** A place cut to the two digits of its error: ["0.04″", "0.36″"]. */
const measuredAngle = (v, error) => [error > 0 ? `${number(v, Math.max(0, 1 - Math.floor(Math.log10(error))))}″` : angle(v), angle(error)];

/** @param {object} props signal; summary: what is said of the neighbours; pixelArcsec; circleArcsec: radius that stands
 * for the aperture where there are no pixels, or 0; empty: why there is nothing to draw, or "" */
export function SkyView({ signal, summary, pixelArcsec, circleArcsec, empty }) {
  const [read, setRead] = useState(null);
  const [problem, setProblem] = useState("");
  const [kind, setKind] = useState("difference");
  const [chosen, setChosen] = useState("");
  const [asTable, setAsTable] = useState(false);
  const title = useId();
  useEffect(() => {
    let alive = true;
    setRead(null);
    setProblem("");
    if (empty) return undefined;
    report()
      .then(async (document) => {
        const found = signalOf(document, signal);
        const pictures = found?.pixels ? await skyPictures(signal) : null;
        if (alive) setRead({ found, sectors: pictures?.sectors ?? [], name: document.title || document.target });
      })
      .catch((error) => alive && setProblem(error.message));
    return () => {
      alive = false;
    };
  }, [signal, empty]);

  const sectors = read?.sectors ?? [];
  const sector = sectors.find((s) => s.label === chosen) ?? sectors.find((s) => s.used) ?? sectors[0] ?? null;
  const shown = sector ? kind : "stars";
  const scene = useMemo(
    () => (read ? sceneOf(read, sector, shown, circleArcsec, pixelArcsec) : null),
    [read, sector, shown, circleArcsec, pixelArcsec],
  );
  const words = scene ? [pictureWords(scene), summary].filter(Boolean).join(" ") : summary;
  return (
    <section className="card f skycard" aria-labelledby={title}>
      <div className="ch">
        <h2 id={title}>Who else is in the picture?</h2>
        {scene ? (
          <div className="tools">
            <IconButton icon={Table2} label={asTable ? "Show as picture" : "Show as table"} aria-pressed={asTable} onClick={() => setAsTable(!asTable)} />
          </div>
        ) : null}
      </div>
      {empty ? <p className="sum nosky">{empty}</p> : null}
      {problem ? <p className="sum nosky" role="alert">The picture could not be loaded. {problem}</p> : null}
      {!empty && !problem && !scene ? <div className="skpic" role="status" aria-label="Loading the sky"><div className="sk late" /></div> : null}
      {scene && sectors.length ? (
        <div className="skyhead">
          <Segments label="Which picture" options={KINDS} value={kind} onChange={setKind} />
          {sectors.length > 1 ? (
            <select className="in" aria-label="Which sector" value={sector.label} onChange={(event) => setChosen(event.target.value)}>
              {sectors.map((s) => (
                <option key={s.label} value={s.label}>{capital(sectorName(s.label))}{s.used ? "" : ", not used"}</option>
              ))}
            </select>
          ) : null}
        </div>
      ) : null}
      {scene ? (
        asTable ? <StarTable scene={scene} /> : <Picture scene={scene} words={words} />
      ) : null}
      {scene && !asTable ? <Legend scene={scene} /> : null}
      {scene ? <p className="sum" data-summary="sky">{words}</p> : null}
    </section>
  );
}

/** Everything to draw, in arcsec east and north of the target. */
function sceneOf({ found, sectors, name }, sector, kind, circleArcsec, pixelArcsec) {
  const edge = sector ? pixelEdge(sector) : pixelArcsec;
  const listed = (found?.neighbours ?? []).filter((n) => !n.is_target);
  const target = (found?.neighbours ?? []).find((n) => n.is_target);
  const able = new Map(listed.filter((n) => n.can_do_it).map((n) => [n.name, n]));
  const judged = new Set(listed.filter((n) => n.can_do_it !== null && n.can_do_it !== undefined).map((n) => n.name));
  const drawnByPixels = kind !== "stars" && sector.stars?.length;
  const stars = (drawnByPixels
    ? sector.stars.map((s) => ({ ...s, at: toSky(sector)(s.column, s.row) })).filter((s) => !s.is_target && Math.hypot(...s.at) > 0.02 * edge)
    : listed.map((n) => ({ ...n, at: ofNeighbour(n) })))
    .map((s) => ({ name: s.name, letter: s.letter, tmag: s.tmag, at: s.at, able: able.has(s.name), judged: judged.has(s.name), apart: s.separation_arcsec }))
    .sort((a, b) => a.apart - b.apart);
  const magnitudes = [...stars.map((s) => s.tmag), target?.tmag].filter((m) => Number.isFinite(m));
  const list = kind === "stars" ? [] : cells(sector, sector[kind]);
  const combined = found?.pixels;
  let measured = null;
  if (kind !== "stars" && sector.measured) {
    measured = { at: toSky(sector)(sector.measured.column, sector.measured.row), error: (sector.measured.err_px ?? 0) * edge };
  } else if (kind === "stars" && Number.isFinite(combined?.offset_east_arcsec) && Number.isFinite(combined?.offset_north_arcsec)) {
    measured = { at: [combined.offset_east_arcsec, combined.offset_north_arcsec], error: combined.offset_err_arcsec ?? 0 };
  }
  const reach = list.length
    ? Math.max(...list.flatMap((c) => c.corners.flat().map(Math.abs)))
    : Math.max(6 * edge, Math.min(12 * edge, 1.15 * Math.max(0, ...[...able.values()].map((n) => n.separation_arcsec))));
  return {
    kind, sector, edge, name, list, measured, reach,
    nSectors: sectors.length,
    stars,
    brightest: Math.min(...magnitudes, 99),
    targetMag: target?.tmag ?? null,
    shade: shades(list, kind),
    outline: sector ? apertureEdges(sector) : [],
    grid: sector ? toSky(sector) : null,
    circle: sector ? 0 : circleArcsec,
  };
}

function pictureWords(scene) {
  const { kind, sector, measured } = scene;
  const parts = [];
  const missing = kind !== "stars" && !scene.list.length;
  if (missing) parts.push(`${capital(sectorName(sector.label))}: no such image could be made.`);
  else if (kind === "difference") parts.push(`${capital(sectorName(sector.label))}: the bluer a pixel, the more light it lost during the dips.`);
  else if (kind === "out") parts.push(`${capital(sectorName(sector.label))}: the bluer a pixel, the more light fell on it beside the dips.`);
  if (measured) {
    const [apart, error] = measuredAngle(Math.hypot(...measured.at), measured.error);
    const place = `${apart} ${direction(...measured.at)} of ${scene.name}`;
    parts.push(`The cross marks where the dips come from${kind === "stars" && scene.nSectors > 1 ? ", all sectors together" : ""}: ${place}, ±\u00a0${error}.`);
  } else if (kind === "difference") parts.push("The dips are too faint here to place them.");
  if (sector && !sector.used && kind !== "stars") parts.push(`This sector was not used${sector.why_not ? `: ${sector.why_not}` : "."}`);
  if (kind !== "stars") parts.push(`Each pixel is ${angle(scene.edge)} wide.`);
  return parts.map((p) => (/[.!?]$/.test(p) ? p : `${p}.`)).join(" ");
}

function Picture({ scene, words }) {
  const [host, width] = useWidth();
  const height = Math.max(220, Math.min(330, width));
  return (
    <div ref={host} className="chart skyplot" style={{ minHeight: height }}>
      {width ? (
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={words}>
          <Drawn scene={scene} width={width} height={height} />
        </svg>
      ) : null}
    </div>
  );
}

function Drawn({ scene, width, height }) {
  const clip = useId();
  const scale = (Math.min(width, height) / 2 - 2) / scene.reach;
  const X = (east) => width / 2 - east * scale;
  const Y = (north) => height / 2 - north * scale;
  const at = ([e, n]) => `${X(e).toFixed(1)} ${Y(n).toFixed(1)}`;
  const halfWide = width / 2 / scale;
  const halfHigh = height / 2 / scale;
  const stars = scene.stars.filter((s) => Math.abs(s.at[0]) < halfWide && Math.abs(s.at[1]) < halfHigh);
  const kept = [...stars].sort((a, b) => b.able - a.able || (a.tmag ?? 99) - (b.tmag ?? 99)).slice(0, MOST_STARS);
  const bar = [600, 300, 120, 60, 30, 10, 5].find((s) => s * scale < width * 0.3) ?? 5;
  const targetRadius = Math.max(6, scene.targetMag === null ? 8 : dotRadius(scene.targetMag, scene.brightest));
  return (
    <>
      <clipPath id={clip}><rect width={width} height={height} rx="6" /></clipPath>
      <g clipPath={`url(#${clip})`}>
        <rect width={width} height={height} className="skyground" />
        {scene.grid && !scene.list.length ? <Grid scene={scene} at={at} reach={Math.max(halfWide, halfHigh)} /> : null}
        {scene.list.map((c, k) => (
          <path key={`${c.row},${c.column}`} d={`M${c.corners.map(at).join("L")}Z`} className="skycell" fillOpacity={scene.shade[k].toFixed(3)} />
        ))}
        {scene.outline.length ? (
          <>
            <path d={scene.outline.map(([a, b]) => `M${at(a)}L${at(b)}`).join("")} className="apground" />
            <path d={scene.outline.map(([a, b]) => `M${at(a)}L${at(b)}`).join("")} className="apline" />
          </>
        ) : null}
        {scene.circle ? <circle cx={X(0)} cy={Y(0)} r={scene.circle * scale} className="apcircle" /> : null}
        {kept.map((s) => (
          <circle key={s.name} cx={X(s.at[0])} cy={Y(s.at[1])} r={dotRadius(s.tmag, scene.brightest)} className={s.able ? "skyable" : "skystar"} />
        ))}
        <circle cx={X(0)} cy={Y(0)} r={targetRadius} className="skytarget" />
        {scene.measured ? <Cross x={X(scene.measured.at[0])} y={Y(scene.measured.at[1])} radius={scene.measured.error * scale} /> : null}
        {kept.filter((s) => s.able && s.letter).map((s) => {
          const left = X(s.at[0]) > width - 24;
          const r = dotRadius(s.tmag, scene.brightest) + 4;
          return <text key={s.letter} x={X(s.at[0]) + (left ? -r : r)} y={Y(s.at[1]) - 4} textAnchor={left ? "end" : "start"} className="st skytext">{s.letter}</text>;
        })}
        <text x={X(0) + targetRadius + 5} y={Y(0) + targetRadius + 10} className="st skytext">{scene.name}</text>
        <path d={`M14 ${height - 14}h${(bar * scale).toFixed(1)}`} className="skybar" />
        <text x="14" y={height - 20} className="skytext">{bar >= 60 ? `${number(bar / 60)} arcminute${bar > 60 ? "s" : ""}` : `${bar} arcseconds`}</text>
        <text x={width - 12} y="18" textAnchor="end" className="lab skytext">N up, E left</text>
      </g>
    </>
  );
}

function Grid({ scene, at, reach }) {
  const n = Math.min(40, Math.ceil((1.5 * reach) / scene.edge));
  const { column, row } = scene.sector.target;
  const [c0, r0] = [Math.round(column), Math.round(row)];
  let d = "";
  for (let k = -n; k <= n; k++) {
    d += `M${at(scene.grid(c0 + k - 0.5, r0 - n))}L${at(scene.grid(c0 + k - 0.5, r0 + n))}`;
    d += `M${at(scene.grid(c0 - n, r0 + k - 0.5))}L${at(scene.grid(c0 + n, r0 + k - 0.5))}`;
  }
  return <path d={d} className="gr" />;
}

function Cross({ x, y, radius }) {
  const d = `M${x - 9} ${y}h18M${x} ${y - 9}v18`;
  return (
    <>
      {radius > 1 ? <circle cx={x} cy={y} r={radius} className="crossring" /> : null}
      <path d={d} className="crossground" />
      <path d={d} className="crossline" />
    </>
  );
}

function Legend({ scene }) {
  return (
    <div className="legend cl">
      <span><i className="d" style={{ background: "var(--star)" }} />{scene.name}</span>
      {scene.stars.length ? <span><i className="d" style={{ background: "var(--ink3)" }} />other stars, larger is brighter</span> : null}
      {scene.stars.some((s) => s.able) ? <span><i className="d" style={{ background: "var(--fail)" }} />could make the dips</span> : null}
      {scene.outline.length ? <span><i className="apkey" />light we measure</span> : null}
      {scene.circle ? <span><i className="apkey dashed" />light we measure, roughly</span> : null}
      {scene.measured ? <span><svg width="12" height="12" aria-hidden="true"><path d="M0 6h12M6 0v12" className="crossline" /></svg>where the dips come from, with its error</span> : null}
    </div>
  );
}

function StarTable({ scene }) {
  const rows = scene.stars.slice(0, MOST_ROWS);
  return (
    <>
      <div className="tablewrap" tabIndex={0} role="region" aria-label="Stars in the picture, as a table">
        <table className="dt">
          <thead>
            <tr>
              <th scope="col">Star</th>
              <th scope="col" className="r">Distance</th>
              <th scope="col">Towards</th>
              <th scope="col" className="r">Brightness, mag</th>
              <th scope="col">Could make the dips</th>
            </tr>
          </thead>
          <tbody>
            {scene.measured ? (
              <tr>
                <td>Place of the dips</td>
                <td className="r">{measuredAngle(Math.hypot(...scene.measured.at), scene.measured.error).join(" ±\u00a0")}</td>
                <td>{direction(...scene.measured.at)}</td>
                <td className="r" />
                <td />
              </tr>
            ) : null}
            {rows.map((s) => (
              <tr key={s.name}>
                <td>{s.letter ? `${s.letter}, ${s.name}` : s.name}</td>
                <td className="r">{angle(s.apart)}</td>
                <td>{direction(...s.at)}</td>
                <td className="r">{number(s.tmag, 1)}</td>
                <td>{s.able ? "yes" : s.judged ? "no" : "not known"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {scene.stars.length > rows.length ? <p className="sum tnote">The nearest {MOST_ROWS} of {number(scene.stars.length)} stars.</p> : null}
    </>
  );
}
