"""Links inside the product: no page reload, plain anchors in the markup."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink


def link(*children: Any, href: Any, **props: Any) -> rx.Component:
    """An anchor to another page of ours. For files and for leaving the product use `rx.el.a`."""
    return ReactRouterLink.create(*children, to=href, **props)
