"""Reflex settings, nothing else."""

import reflex as rx

from larun_app.security.same_origin import SameOriginPlugin, allowed_origins
from larun_app.ui.theme import radix_theme

config = rx.Config(
    app_name="larun_app",
    backend_host="127.0.0.1",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    # State is small and can be rebuilt from the database, so it never touches the disk.
    state_manager_mode="memory",
    cors_allowed_origins=allowed_origins(),
    default_color_mode="system",
    frontend_compression_formats=["gzip"],
    plugins=[rx.plugins.RadixThemesPlugin(theme=radix_theme()), SameOriginPlugin()],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
