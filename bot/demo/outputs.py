"""What a run of the demo leaves in its folder: the next one removes that, and nothing else."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.report import exporters

DATABASE = "demo.db"
# Names of files, one a line: what the run before made. Whatever it doesn't list belongs to somebody.
MANIFEST = ".demo-manifest"
TRANSCRIPT = "transcript"


class InTheWayError(Exception):
    """The folder holds a file that the demo would write over and didn't make; the text says which."""


class Outputs:
    """The results' folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def database_url(self) -> str:
        return f"sqlite+aiosqlite:///{(self.folder / DATABASE).resolve().as_posix()}"

    @property
    def transcript(self) -> Path:
        return self.folder / TRANSCRIPT

    def prepare(self, *, with_database: bool) -> None:
        """Makes the folder and takes away what an earlier run left; raises InTheWayError and takes nothing away."""
        self.folder.mkdir(parents=True, exist_ok=True)
        earlier = set(self._listed())
        for path in self._would_be_written(with_database=with_database):
            if path not in earlier:
                raise InTheWayError(
                    f"{path} is in the way, and no earlier demo made it. Choose another folder with --out."
                )
        for path in earlier:
            path.unlink(missing_ok=True)
        self.keep([])
        if with_database:
            self.keep(_database_files(self.folder))

    def keep(self, made: Iterable[Path]) -> None:
        """Puts files down as this run's."""
        names = {path.relative_to(self.folder).as_posix() for path in [*self._listed(), *made]}
        (self.folder / MANIFEST).write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")

    def _listed(self) -> Iterator[Path]:
        manifest = self.folder / MANIFEST
        for name in manifest.read_text(encoding="utf-8").splitlines() if manifest.is_file() else ():
            path = self.folder / name
            # A manifest that somebody changed reaches no file outside of the folder.
            if path.resolve().is_relative_to(self.folder.resolve()) and path.is_file():
                yield path

    def _would_be_written(self, *, with_database: bool) -> Iterator[Path]:
        if with_database:
            yield from (path for path in _database_files(self.folder) if path.exists())
        results = [f"INC-*/{one.file_name}" for one in exporters().values()]
        for pattern in (*results, f"{TRANSCRIPT}/*.md"):
            yield from sorted(self.folder.glob(pattern))


def _database_files(folder: Path) -> list[Path]:
    return [folder / f"{DATABASE}{suffix}" for suffix in ("", "-wal", "-shm")]
