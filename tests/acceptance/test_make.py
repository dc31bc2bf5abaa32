"""The two commands on machines that are not ready for them: one clear sentence each."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

OLD = """#!/bin/sh
# Answers as Python 3.9 would.
case "$1" in --version) echo "Python 3.9.2";; -c) exit 1;; esac
"""
NO_VENV = """#!/bin/sh
# A Python that is new enough, from a distribution that ships venv apart.
case "$2" in *version_info*) exit 0;; *ensurepip*) exit 1;; esac
"""


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (OLD, "incident-bot needs Python 3.11 or newer"),
        (NO_VENV, "has no venv module. On Debian or Ubuntu: apt-get install python3-venv"),
    ],
)
@pytest.mark.parametrize("target", ["demo", "test", "check"])
def test_a_python_that_will_not_do_is_one_sentence(tmp_path: Path, script: str, sentence: str, target: str) -> None:
    python = tmp_path / "python3"
    python.write_text(script, encoding="utf-8")
    python.chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    made = subprocess.run(
        ["make", "--no-print-directory", target, f"PYTHON={python}", f"VENV={tmp_path / 'venv'}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode != 0
    spoken = [line for line in made.stderr.splitlines() if not line.startswith("make")]
    assert len(spoken) == 1
    assert sentence in spoken[0]


def test_the_lock_files_hold_hashes_for_everything_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = [line for line in text.splitlines() if "==" in line]
        assert len(pinned) > 20
        assert text.count("--hash=sha256:") >= len(pinned)
        assert "://" not in text
