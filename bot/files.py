"""Files that hold what people wrote are for this user alone, whatever the umask says."""

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

_OWN = 0o600
_OTHERS = 0o077


def make_own(path: Path) -> None:
    """An empty file that only this user can read, where there is none yet."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, _OWN))


def write_own(path: Path, content: bytes) -> None:
    """Writes the file, for this user alone where it is new; one that is there already keeps its rights."""
    make_own(path)
    path.write_bytes(content)


def too_open(paths: Iterable[Path]) -> str | None:
    """A sentence with the command that closes those of the files that other users can read; None where none can."""
    wide = [path for path in paths if path.exists() and path.stat().st_mode & _OTHERS]
    if not wide or os.name != "posix":
        return None
    names = " ".join(shlex.quote(str(path)) for path in wide)
    return f"Other users of this machine can read what people wrote in incidents. Close it: chmod 600 {names}"
