"""Break the rules of bot/domain in every small way, and see whether their own tests notice: `make mutants`."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

WANTED = 95.0  # per cent; the rest are mutants that no input tells from the original
ROOM = Path("mutants")  # mutmut's own name for it
PROGRAM = Path(sys.executable).with_name("mutmut")


def main() -> int:
    """Runs mutmut; not 0 where too few mutants were killed, and then its room stays, to look into."""
    shutil.rmtree(ROOM, ignore_errors=True)  # yesterday's verdicts were about yesterday's tests
    if failed := subprocess.run([PROGRAM, "run"], check=False).returncode:
        return failed
    subprocess.run([PROGRAM, "results"], check=True)  # those that live, by name
    subprocess.run([PROGRAM, "export-cicd-stats"], check=True, stdout=subprocess.DEVNULL)
    found = json.loads((ROOM / "mutmut-cicd-stats.json").read_text("utf-8"))
    killed = found["killed"] + found["timeout"]  # one that never ends was noticed, too
    share = 100 * killed / found["total"]
    print(f"{killed} of {found['total']} mutants killed: {share:.1f} %. More than {WANTED:g} % are wanted.")
    if share > WANTED:
        shutil.rmtree(ROOM)
        return 0
    print(f"To look at one of the others: {PROGRAM} show NAME")
    return 1


if __name__ == "__main__":
    sys.exit(main())
