/** Share and Download beside the title. The clipboard is written here, in the page's own code. */

import { useEffect, useRef, useState } from "react";
import { runInAddress } from "./series.js";
import { Check, Download, Share2 } from "lucide-react";

const FILES = [
  ["bundle.zip", "Everything in one zip", "data, report, settings, checksums"],
  ["report.json", "Report, JSON", "all numbers"],
  ["lightcurve.fits", "Light curve, FITS", "for Lightkurve and other tools"],
  ["lightcurve.csv", "Light curve, CSV", "for spreadsheets"],
  ["periodogram.csv", "Periodogram, CSV", "period and strength"],
  ["settings.json", "Settings, JSON", "to repeat this search"],
];

async function copyLink() {
  const link = window.location.href;
  try {
    await navigator.clipboard.writeText(link);
    return true;
  } catch {
    // Without permission for the clipboard, or over plain http: select it in a field and copy.
    const field = document.createElement("textarea");
    field.value = link;
    field.setAttribute("readonly", "");
    field.style.position = "fixed";
    field.style.opacity = "0";
    document.body.appendChild(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

export function ResultActions({ runUrl: given, hasResult = true }) {
  const [runUrl, setRunUrl] = useState(given ?? "");
  useEffect(() => setRunUrl(given ?? runInAddress()));
  const [said, setSaid] = useState("");
  const [copied, setCopied] = useState(false);
  const menu = useRef(null);
  useEffect(() => {
    const away = (event) => {
      if (menu.current?.open && !menu.current.contains(event.target)) menu.current.open = false;
    };
    const escape = (event) => {
      if (event.key === "Escape" && menu.current?.open) {
        menu.current.open = false;
        menu.current.querySelector("summary").focus();
      }
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("keydown", escape);
    };
  }, []);
  const share = async () => {
    // The view is written to the address a moment after the hand rests.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const done = await copyLink();
    setCopied(done);
    setSaid(done ? "The link to this view is copied." : "The link is in the address bar: copy it from there.");
    setTimeout(() => {
      setCopied(false);
      setSaid("");
    }, 5000);
  };
  return (
    <div className="row resact">
      <button type="button" className="btn s" onClick={share}>
        {copied ? <Check size={15} strokeWidth={1.75} aria-hidden="true" /> : <Share2 size={15} strokeWidth={1.75} aria-hidden="true" />}
        {copied ? "Link copied" : "Share"}
      </button>
      {hasResult ? (
        <details className="menu" ref={menu}>
          <summary className="btn s">
            <Download size={15} strokeWidth={1.75} aria-hidden="true" />
            Download
          </summary>
          <ul>
            {FILES.map(([file, words, what]) => (
              <li key={file}>
                <a href={`${runUrl}/download/${file}`} download onClick={() => { menu.current.open = false; }}>
                  {words}
                  <small>{what}</small>
                </a>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      <span className="visually-hidden" role="status">{said}</span>
    </div>
  );
}
