"""`python -m` of a module that is no program ends in a sentence; Python itself would do nothing and say nothing."""

from __future__ import annotations

import sys
from pathlib import Path

_MAIN = '\nif __name__ == "__main__":'


def words_of_run() -> list[str]:
    """The module that ``python -m`` names and its words; nothing where it was not called so."""
    return sys.orig_argv[sys.orig_argv.index("-m") + 1 :] if "-m" in sys.orig_argv[:-1] else []


def is_looked_for() -> bool:
    """Whether Python looks for that module and has not run it yet."""
    return sys.argv[:1] == ["-m"]


def refuse_silent_run(package: str, folder: Path) -> None:
    """Called when a package is imported, before the module that ``python -m`` names.

    Args:
        package: Name of the package.
        folder: Where the package lies.

    Raises:
        SystemExit: Where ``python -m`` names a module of the package that does nothing when it is run.
    """
    if not is_looked_for() or not words_of_run():
        return
    module = words_of_run()[0]
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
