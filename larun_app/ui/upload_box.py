"""A place to drop or choose files (`upload_box.jsx`). The event gives the ids of the files that the server took."""

from __future__ import annotations

import reflex as rx
from reflex_base.event import passthrough_event_spec


class UploadBox(rx.Component):
    """Sends each file to `endpoint`; then `on_uploaded` with the list of ids."""

    library = "$/public/" + rx.asset("upload_box.jsx", shared=True).lstrip("/")
    tag = "UploadBox"

    endpoint: rx.Var[str]
    max_bytes: rx.Var[int]
    accept: rx.Var[str]
    prompt: rx.Var[str]
    hint: rx.Var[str]

    on_uploaded: rx.EventHandler[passthrough_event_spec(list)]


upload_box = UploadBox.create
