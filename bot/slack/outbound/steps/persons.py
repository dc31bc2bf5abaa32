"""What is told to one person, who they are, and what their files are called."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.mrkdwn import Mrkdwn
from bot.errors import SlackRefused
from bot.render.words import Words
from bot.service import files
from bot.service.desk import UnitOfWork
from bot.service.incidents import by_id, may_see
from bot.service.roles import save_profile
from bot.slack.messages import builders
from bot.slack.messages.choices import answer_with_buttons
from bot.slack.messages.message import SlackMessage
from bot.slack.outbound.gateway import Gateway
from bot.slack.outbound.person import person_facts
from bot.slack.outbound.steps.step import PostStep, SlackCall, Step, message_and_references
from bot.store.tables import OutboxItem


class TellPerson(PostStep):
    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        incident = await by_id(uow, item.incident_id)
        name, references = message_and_references(item)
        person = references["person"]
        # Who has left a private incident hears nothing more of it, as guests don't of any; who could not be let in is
        # told to somebody inside.
        if not await may_see(replace(uow, actor=person), incident):
            return None
        message = await builders.build(uow, incident, words, name, references)
        # A person's id opens the conversation with them.
        return self._post(item, person, message) if message is not None else None


class TellAdministrator(PostStep):
    """About the bot itself: what belongs to no incident says nothing of one."""

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        name, references = message_and_references(item)
        return self._post(item, references.pop("person"), SlackMessage(text=words.chat(name, **references)))


class AnswerPerson(PostStep):
    """The answer to a command or a click, which only the person who asked sees.

    What was sent to a response_url cannot be looked up: where that is unclear the answer is given twice.
    """

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        if not item.payload["person"] and not item.payload.get("response_url"):
            return None  # nobody can be answered
        text = Mrkdwn(item.payload["text"]) if "text" in item.payload else None
        if text is None:
            incident = await by_id(uow, item.payload["references"]["incident_id"])
            built = await builders.build(uow, incident, words, item.payload["message"], item.payload["references"])
            if built is None:
                return None
            text = built.text
        message = answer_with_buttons(text, item) if "buttons" in item.payload else SlackMessage(text=text)
        if uow.now - item.created_at > timedelta(minutes=30) or not item.payload.get("response_url"):
            # A response_url lives 30 minutes and serves 5 times; the person is told all the same.
            return self._post(item, item.payload["person"], message)
        first, *rest = message.in_parts()
        replaces = bool(item.payload.get("replaces"))
        return SlackCall(
            method="response_url",
            arguments={
                "url": item.payload["response_url"],
                "body": {"response_type": "ephemeral", "replace_original": replaces, **first},
            },
            rest=rest,
        )

    async def go_on(self, uow: UnitOfWork, item: OutboxItem, call: SlackCall, answer: Mapping[str, Any]) -> None:
        """What only one person sees has no thread: the rest comes behind it."""
        if call.method != "response_url":
            await super().go_on(uow, item, call, answer)
            return
        for part in call.rest:
            payload = {"person": item.payload["person"], "response_url": item.payload["response_url"], **part}
            await uow.tell("answer", lane=item.lane, urgency=1, payload=payload)

    async def send(self, slack: Gateway, call: SlackCall) -> dict[str, Any]:
        if call.method != "response_url":
            return await super().send(slack, call)
        await slack.respond(call.arguments["url"], call.arguments["body"])
        return {"ok": True}

    async def refused(self, uow: UnitOfWork, item: OutboxItem, problem: SlackRefused) -> bool:
        """A response_url that is used up or gone: the answer comes as a private message."""
        if item.payload.get("response_url") is None:
            return False
        item.payload = {**item.payload, "response_url": None}
        return True


class LearnPerson(Step):
    """Asks who somebody is; names are wanted for documents, not for the next second."""

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        return SlackCall(method="users.info", arguments={"user": item.payload["user_id"]})

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:
        await save_profile(uow, person_facts(answer["user"]))


class LearnFile(Step):
    """Asks what a file is called of which Slack told the id alone."""

    # Another organisation may keep its files to itself: their placeholder stays.
    as_wanted = frozenset({"access_denied", "file_deleted", "file_not_found", "not_visible"})

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        return SlackCall(method="files.info", arguments={"file": item.payload["file_id"]})

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:
        await files.save_facts(uow, item.payload["channel_id"], item.payload["ts"], answer["file"])
