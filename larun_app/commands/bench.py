"""`larun bench NAME`: print the figures of one benchmark."""

from __future__ import annotations

import argparse


def bench(arguments: argparse.Namespace) -> int:
    """Run a benchmark by name, or list them."""
    from benchmarks import frame
    from larun_app.commands.failures import WrongUse
    from larun_app.commands.outputs import check_file

    known = frame.names()
    if arguments.name is None:
        for name, words in known.items():
            print(f"{name:18s} {words}")
        return 0
    if arguments.name not in known:
        raise WrongUse(f"There is no benchmark {arguments.name!r}. There are: {', '.join(known)}.")
    check_file(arguments.json)
    if arguments.views is not None and not arguments.views.is_dir():
        raise WrongUse(f"There is no folder {arguments.views}.")
    try:
        frame.run(arguments.name, json_path=arguments.json, only=arguments.only, views=arguments.views)
    except frame.ReadsNoViews as error:
        raise WrongUse(str(error)) from error
    return 0
