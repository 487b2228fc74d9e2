"""`larun up`: everything, one address."""

from __future__ import annotations

import argparse


def up(arguments: argparse.Namespace) -> int:
    """Build what changed, migrate, start and watch web server and worker until stopped."""
    from larun_app.server.supervise import supervise

    return supervise(host=arguments.host, port=arguments.port, model=not arguments.no_model)
