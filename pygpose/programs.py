"""`python -m` of a module that is no program ends in a sentence; Python itself would do nothing and say nothing."""

from __future__ import annotations

import sys
from pathlib import Path

_MAIN = '\nif __name__ == "__main__":'


def refuse_silent_run(package: str, folder: Path) -> None:
    """Called when a package is imported, before the module that ``python -m`` names.

    Args:
        package: Name of the package.
        folder: Where the package lies.

    Raises:
        SystemExit: Where ``python -m`` names a module of the package that does nothing when it is run.
    """
    if sys.argv[:1] != ["-m"] or "-m" not in sys.orig_argv[:-1]:  # "-m" while Python looks for the module
        return
    module = sys.orig_argv[sys.orig_argv.index("-m") + 1]
    file = folder.joinpath(*module.removeprefix(f"{package}.").split(".")).with_suffix(".py")
    if not module.startswith(f"{package}.") or not file.is_file() or _MAIN in file.read_text():
        return
    programs = sorted(
        ".".join((package, *path.relative_to(folder).with_suffix("").parts)).removesuffix(".__main__")
        for path in folder.rglob("*.py")
        if _MAIN in path.read_text()
    )
    known = f"; these can be run: {', '.join(f'python -m {name}' for name in programs)}" if programs else ""
    print(f"{module} is a part of the library and does nothing when it is run{known}", file=sys.stderr)
    raise SystemExit(2)
