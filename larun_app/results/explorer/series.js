/** Reads the binary series that the server sends ("LRN1") and fetches them.
 *
 * Layout: the four letters "LRN1", the header's length (uint32, little-endian), a JSON header padded so that the data
 * start on a multiple of eight, then the columns back to back, each padded to eight bytes. Columns become views on the
 * buffer: nothing is copied.
 */

const ARRAY_OF = { f8: Float64Array, f4: Float32Array, i4: Int32Array, u1: Uint8Array };

export function decodeSeries(buffer) {
  const bytes = new Uint8Array(buffer, 0, Math.min(8, buffer.byteLength));
  if (bytes.length < 8 || String.fromCharCode(...bytes.slice(0, 4)) !== "LRN1") {
    throw new Error("This is not a LARUN series.");
  }
  const headerLength = new DataView(buffer).getUint32(4, true);
  const start = 8 + headerLength;
  if (start > buffer.byteLength) throw new Error("The series ends inside its header.");
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, headerLength)));
  const columns = {};
  for (const column of header.columns) {
    const ArrayType = ARRAY_OF[column.dtype];
    if (!ArrayType) throw new Error(`Unknown column type ${column.dtype}.`);
    const end = start + column.offset + header.n * ArrayType.BYTES_PER_ELEMENT;
    if (end > buffer.byteLength) throw new Error(`The series ends inside column ${column.name}.`);
    columns[column.name] = new ArrayType(buffer, start + column.offset, header.n);
  }
  return { n: header.n, columns, meta: header.meta ?? {} };
}

/** API address of the run that the page's address names; "" where there is none (or no page yet). */
export function runInAddress() {
  if (typeof window === "undefined") return "";
  const found = /\/runs\/([a-z0-9]{1,32})(?:\/|$)/.exec(window.location.pathname);
  return found ? `/api/v1/runs/${found[1]}` : "";
}

/** Fetches JSON or a series; a refusal becomes an Error whose message is the server's own sentence. */
async function fetchOk(url) {
  const response = await fetch(url, { credentials: "same-origin" });
  if (response.ok) return response;
  let detail = "";
  try {
    detail = (await response.json()).error ?? "";
  } catch {
    // A proxy may answer with a page of its own; the status is all we know then.
  }
  const error = new Error(detail || `The server answered ${response.status}.`);
  error.status = response.status;
  throw error;
}

export const fetchReport = async (runUrl) => (await fetchOk(runUrl)).json();

export const fetchSeries = async (runUrl, name) =>
  decodeSeries(await (await fetchOk(`${runUrl}/series/${name}`)).arrayBuffer());
