"""Finds config.yaml, templates/ and runbooks/, in a checkout or in an installed wheel."""

from pathlib import Path

_HERE = Path(__file__).parent
_CHECKOUT = _HERE.parent


def packaged(name: str) -> Path:
    """The file or folder `name` that came with the bot: `config.yaml`, `templates` or `runbooks`."""
    in_wheel = _HERE / "packaged" / name
    return in_wheel if in_wheel.exists() else _CHECKOUT / name
