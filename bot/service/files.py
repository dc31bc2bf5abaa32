"""Files that people share: what is known of each, also where Slack tells little of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from bot.service.desk import UnitOfWork
from bot.store.tables import Message

# What is kept of Slack's file object. A file from another organisation (Slack Connect) comes with its id alone:
# {"id": …, "mode": "file_access", "file_access": "check_file_info"}. files.info may tell the rest.
KEPT = ("id", "name", "mimetype", "size", "permalink")
NAMELESS = "(a file whose name I can't see)"

File = Mapping[str, Any]


def file_facts(told: File) -> dict[str, Any]:
    """Slack's file object, as far as we keep it."""
    return {key: told[key] for key in KEPT if told.get(key) is not None}


def is_nameless(file: File) -> bool:
    """Whether Slack has not said yet what the file is called."""
    return not isinstance(file.get("name"), str)


def file_name(file: File) -> str:
    """What a reader is shown for it; a placeholder where Slack didn't tell its name."""
    return NAMELESS if is_nameless(file) else str(file["name"])


def file_names(files: Iterable[File]) -> str:
    return ", ".join(map(file_name, files))


def merged(known: Sequence[File], told: Sequence[File]) -> list[dict[str, Any]]:
    """The files that Slack tells now; what was known of one stays known where Slack says less of it this time."""
    before = {one.get("id"): one for one in known}
    return [{**before.get(one.get("id"), {}), **one} for one in told]


async def request_names(uow: UnitOfWork, channel_id: str, ts: str, files: Iterable[File]) -> None:
    """Promises to ask Slack what the nameless ones are; once for each file and message."""
    for file in filter(is_nameless, files):
        await uow.tell(
            "learn_file",
            lane=f"learn:{file['id']}",
            coalesce=True,
            urgency=9,
            payload={"file_id": file["id"], "channel_id": channel_id, "ts": ts},
        )


async def save_facts(uow: UnitOfWork, channel_id: str, ts: str, file: File) -> None:
    """Completes a file of the message with what Slack has told of it since."""
    message = await uow.session.scalar(
        select(Message).where(Message.team_id == uow.team_id, Message.channel_id == channel_id, Message.ts == ts)
    )
    if message is not None:
        message.files = [
            {**one, **file_facts(file)} if one.get("id") == file.get("id") else one for one in message.files
        ]
