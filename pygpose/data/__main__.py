"""``python -m pygpose.data check`` and ``convert``: the same as ``pygpose check`` and ``pygpose convert``."""

import sys

from pygpose.data.commands import main

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue]: TextIOWrapper has it
    sys.exit(main())
