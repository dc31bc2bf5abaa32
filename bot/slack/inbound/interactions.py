"""How every command, click and submission is handled: done in one transaction, committed, acknowledged, answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from bot.domain.mrkdwn import Mrkdwn, mentioned, plain
from bot.domain.question import Question
from bot.errors import MembersUnconfirmed, SlackError, UnknownPerson, UserError
from bot.service import people
from bot.service.command import Answer, Form
from bot.service.desk import Asking, Desk, UnitOfWork
from bot.service.roles import save_profile
from bot.slack.inbound.membership import Membership
from bot.slack.inbound.requester import Requester
from bot.slack.messages.forms import modal_of
from bot.slack.outbound.gateway import Gateway
from bot.slack.outbound.person import person_facts
from bot.store import inbox

log = logging.getLogger(__name__)

Doing = Callable[[UnitOfWork], Awaitable[Answer | Form | None]]
# A rule asks for one person at a time, and nobody names more than five in one line; then for who is in which channel.
_MOST_ATTEMPTS = 7
_SECONDS_TO_LEARN = 1.0  # of the three that Slack gives for an acknowledgement


class Interactions:
    def __init__(self, desk: Desk, slack: Gateway, membership: Membership) -> None:
        self.desk = desk
        self.slack = slack
        self._membership = membership

    async def do(self, requester: Requester, doing: Doing, *, typed: str = "") -> None:
        """Carries `doing` out and sees to its answer; a refusal is an answer too. Once it returns, it is committed.

        `typed` is shown again in a refusal, so that nobody has to type a long line twice.
        """
        try:
            outcome = await self._in_one_transaction(requester, doing)
        except Question as question:
            text = Mrkdwn("{}").format(question.sentence) if question.buttons else await self._refusal(question, typed)
            await self._answer(requester, Answer(text=text, buttons=question.buttons))
        except UserError as refusal:
            # The buttons of the question that led here stay: another of them may be the right one.
            await self._answer(replace(requester, replaces=False), Answer(text=await self._refusal(refusal, typed)))
        except Exception:  # noqa: BLE001 - a supervisor's catch; _fault logs it
            await self._answer(replace(requester, replaces=False), Answer(text=Mrkdwn("{}").format(_fault())))
        else:
            if isinstance(outcome, Form):
                await self._open(requester, outcome)

    async def submit(self, requester: Requester, doing: Doing) -> dict[str, str]:
        """Like `do`, for a form: the refusals by field ({} where it was done), to be shown in it."""
        try:
            await self._in_one_transaction(requester, doing)
        except UserError as refusal:
            return {refusal.field or "": refusal.sentence}
        except Exception:  # noqa: BLE001 - the same
            return {"": _fault()}
        return {}

    async def _in_one_transaction(self, requester: Requester, doing: Doing) -> Answer | Form | None:
        self._membership.hear()  # the first that comes in after a deaf time is judged with what is known since
        asking = Asking(members_since=self._membership.since, from_elsewhere=requester.from_elsewhere)
        for _ in range(_MOST_ATTEMPTS):
            try:
                async with self.desk.work(actor=requester.person, asking=asking) as uow:
                    if requester.key is not None and not await self._is_first(uow, requester.key):
                        return None
                    outcome = await doing(uow)
                    if isinstance(outcome, Answer):
                        await self._promise(uow, requester, outcome)
            except UnknownPerson as unknown:
                if unknown.needed:
                    await self.learn(unknown.user_id)
                elif not await self._learns_in_time(unknown.user_id):
                    asking = replace(asking, undescribed=asking.undescribed | {unknown.user_id})
            except MembersUnconfirmed as doubt:
                asking = replace(asking, withheld=asking.withheld | await self._membership.confirm(doubt.incident_ids))
            else:
                return outcome
        raise UserError("Too many people in one line whom I have not met. Name fewer.")

    async def _is_first(self, uow: UnitOfWork, key: str) -> bool:
        return await inbox.first_time(uow.session, team_id=uow.team_id, key=key, received_at=uow.now)

    async def learn(self, user_id: str) -> None:
        """Asks Slack who this is; a stranger to Slack too is a refusal."""
        try:
            answer = await self.slack.call("users.info", {"user": user_id})
        except SlackError as problem:
            raise UserError(f"I couldn't find out who {user_id} is ({problem}). Try again.") from problem
        async with self.desk.work() as uow:
            await save_profile(uow, person_facts(answer["user"]))

    async def _learns_in_time(self, user_id: str) -> bool:
        """Asks Slack who this is, but not for so long that the acknowledgement comes too late."""
        try:
            async with asyncio.timeout(_SECONDS_TO_LEARN):
                await self.learn(user_id)
        except (UserError, TimeoutError):
            return False
        return True

    async def _answer(self, requester: Requester, answer: Answer) -> None:
        async with self.desk.work(actor=requester.person) as uow:
            # Where it isn't the first, a second delivery has been answered already.
            if requester.key is None or await self._is_first(uow, requester.key):
                await self._promise(uow, requester, answer)

    async def _promise(self, uow: UnitOfWork, requester: Requester, answer: Answer) -> None:
        words: dict[str, Any] = {"text": str(answer.text)}
        if answer.message is not None and answer.after is not None:
            words = {"message": answer.message, "references": dict(answer.references)}
        if answer.buttons:
            words["buttons"] = [{"label": one.label, "command": one.command} for one in answer.buttons]
        if requester.replaces:
            words["replaces"] = True
        await uow.tell(
            "answer",
            lane=f"answer:{requester.key or uuid4().hex}",
            after=answer.after,
            urgency=1,
            payload={
                "person": requester.person,
                "response_url": requester.response_url,
                "channel_id": requester.channel_id,
                **words,
            },
        )

    async def _refusal(self, refusal: UserError, typed: str) -> Mrkdwn:
        """The sentence, and what was typed as its reader sees it: repeated as it came, `<!channel>` would be live."""
        text = Mrkdwn("{}").format(refusal.sentence)
        if not typed:
            return text
        async with self.desk.look() as uow:
            known = await people.handles(uow, mentioned(typed))
        # Backquotes would end the quotation early.
        return text + Mrkdwn("\nYou typed: `{}`").format(plain(typed, known.get).replace("`", "'"))

    async def _open(self, requester: Requester, form: Form) -> None:
        try:
            await self.slack.call(
                "views.open", {"trigger_id": requester.trigger_id, "view": modal_of(form, self.desk.settings)}
            )
        except SlackError as problem:
            log.warning("A form could not be opened: %s", problem, extra={"action": "modal_failed"})
            text = Mrkdwn(
                "I couldn't open the form ({}). Try again, or type it in one line: `/incident help` shows how."
            )
            text = text.format(problem)
            # The key is spent: this answer belongs to a transaction of its own.
            async with self.desk.work(actor=requester.person) as uow:
                await self._promise(uow, requester, Answer(text=text))


def _fault() -> str:
    """Logs what is being handled, and gives the sentence for the person, with the reference to find it by."""
    reference = uuid4().hex[:8]
    log.exception("A request failed.", extra={"action": "request_failed", "reference": reference})
    return (
        "Something went wrong on my side, and nothing was changed. Try again; if it stays so, "
        f"tell the people who run me the reference {reference}."
    )
