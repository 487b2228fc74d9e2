"""The plain page at `/` of the model service: what it is and how to ask. No scripts, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Final

from serving.artefacts import Manifest
from serving.classes import LABELS

_STYLE: Final = """
body{margin:0;background:#fdfdfc;color:#21201c;font:15px/23px system-ui,sans-serif}
main{max-width:68ch;margin:0 auto;padding:32px 16px}
h1{font:500 32px/38px Georgia,serif;margin:0 0 16px}h2{font-size:16px;margin:24px 0 8px}
a{color:#3a5bc7}code,pre{font:13px/19px ui-monospace,monospace;background:#f4f4f1}
code{padding:2px 4px}pre{padding:12px;overflow-x:auto}
table{border-collapse:collapse}td,th{text-align:left;padding:4px 16px 4px 0;vertical-align:top}
@media(prefers-color-scheme:dark){body{background:#121211;color:#eeeeec}a{color:#9eb1ff}code,pre{background:#161615}}
"""
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; img-src data:; style-src 'sha256-{_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_ADDRESSES: Final = (
    ("POST /classify", "signals as JSON: folded views, or a light curve with an ephemeris"),
    ("POST /classify/binary", "many signals as one float32 .npy; the layout is at /model"),
    ("POST /ensemble", "the same signals with the numbers of the vetting tests"),
    ("GET /model", "version, classes, inputs, limits and figures"),
    ("GET /export/cortex-m4", "the network for a microcontroller, as a zip of C code"),
    ("GET /healthz, /livez, /readyz", "whether the service is well"),
    ("GET /metrics", "counts and times, for Prometheus"),
    ("GET /docs.json", "the JSON routes as OpenAPI"),
)


def page(manifest: Manifest) -> str:
    """HTML of the page."""
    rows = "".join(f"<tr><th scope=row><code>{escape(a)}</code></th><td>{escape(w)}</td></tr>" for a, w in _ADDRESSES)
    kinds = ", ".join(LABELS.values())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>LARUN model service</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style></head><body><main><h1>What kind of signal is this?</h1>"
        f"<p>This service of LARUN.SPACE answers that for one dip in a star’s light: {escape(kinds)}, each with its "
        f"probability. Model <code>{escape(manifest.version)}</code>.</p>"
        f"<h2>Addresses</h2><table>{rows}</table>"
        "<h2>Ask</h2><pre>curl -s http://…/classify -H 'Content-Type: application/json' -d @signal.json</pre>"
        "<p>A probability here says what the shape of the dip and a few numbers are like. It confirms no planet.</p>"
        "</main></body></html>"
    )
