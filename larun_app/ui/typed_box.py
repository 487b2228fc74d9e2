"""A text field that keeps what is typed (`typed_box.jsx`), also what was typed before the page was ready."""

from __future__ import annotations

import reflex as rx


class TypedBox(rx.Component):
    """Shows `value` until something is typed. Attributes of the input go into `custom_attrs`."""

    library = "$/public/" + rx.asset("typed_box.jsx", shared=True).lstrip("/")
    tag = "TypedBox"

    value: rx.Var[str]


typed_box = TypedBox.create
