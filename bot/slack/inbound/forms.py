"""Submitted forms: what is wrong is shown in the form, and nothing that was typed is lost."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.domain.priority import Choice, Scale, choose, priority_in_front
from bot.domain.privacy import sounds_private
from bot.domain.times import parse_next, parse_past
from bot.errors import SlackError, UserError
from bot.service import promise
from bot.service.command import Answer, declared
from bot.service.declare import Declaration, declare
from bot.service.desk import UnitOfWork
from bot.service.incidents import by_number
from bot.service.lifecycle import live_status, resolve
from bot.service.people import zone_of
from bot.service.updates import post_update
from bot.slack.inbound.interactions import Doing, Interactions
from bot.slack.inbound.requester import Requester
from bot.slack.messages.declare_modal import DECLARE_MODAL, IMPACT, PRIVATE, URGENCY, declare_modal
from bot.slack.messages.modal import values
from bot.slack.messages.resolve_modal import RESOLVE_MODAL
from bot.slack.messages.update_modal import UPDATE_MODAL


def listen(app: AsyncApp, interactions: Interactions) -> None:
    async def handle_level_change(ack: AsyncAck, body: dict[str, Any]) -> None:
        """Shows the priority that the chosen impact and urgency lead to."""
        await ack()
        given = values(body["view"])
        settings = interactions.desk.settings
        view = declare_modal(
            settings,
            impact=given.get(IMPACT) if given.get(IMPACT) in settings.matrix else None,
            urgency=given.get(URGENCY) if given.get(URGENCY) in settings.urgencies else None,
        )
        try:
            # hash: a change that was overtaken by a later one must not be shown over it
            await interactions.slack.call(
                "views.update", {"view_id": body["view"]["id"], "hash": body["view"].get("hash"), "view": view}
            )
        except SlackError:
            return  # closed or changed meanwhile: the form itself is still right

    async def handle_declare(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        given = values(body["view"])

        async def doing(uow: UnitOfWork) -> Answer:
            category, _, subcategory = given.get("category", "").partition("/")
            since = None
            if "since" in given:
                zone = await zone_of(uow, body["user"]["id"])
                since = parse_past(given["since"], now=uow.now, zone=zone, what="since")
            _check_privacy(given)
            title, stated = _title_and_priority(given.get("title", ""), uow.settings.scale)
            choice = choose(uow.settings.scale, stated=stated, impact=given.get(IMPACT), urgency=given.get(URGENCY))
            incident, channel = await declare(
                uow,
                Declaration(
                    title=title,
                    reporter=body["user"]["id"],
                    choice=choice,
                    impact=given.get(IMPACT),
                    urgency=given.get(URGENCY),
                    category=category or None,
                    subcategory=subcategory or None,
                    service=given.get("service"),
                    impact_started_at=since,
                    description=given.get("description", ""),
                    is_private=given.get(PRIVATE) == "yes",
                    key=f"view:{body['view']['id']}",
                ),
            )
            return declared(incident, channel, in_doubt=choice.in_doubt)

        await _submit(ack, interactions, body, context, doing, otherwise="title")

    async def handle_update(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        given = values(body["view"])

        async def doing(uow: UnitOfWork) -> Answer | None:
            incident = await by_number(uow, int(body["view"]["private_metadata"]))
            promised = None
            if "next" in given:
                zone = await zone_of(uow, body["user"]["id"])
                promised = parse_next(given["next"], now=uow.now, zone=zone)
            sent = await post_update(
                uow,
                incident,
                given.get("text", ""),
                status=live_status(given["status"]) if "status" in given else None,
                promised=promised,
                key=f"view:{body['view']['id']}",
            )
            # Whoever sent a form sees it arrive; what they may not have meant is said aloud.
            return await promise.saved(uow, incident, sent) if promise.is_far(uow, incident, sent.next_due_at) else None

        await _submit(ack, interactions, body, context, doing, otherwise="text")

    async def handle_resolve(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        async def doing(uow: UnitOfWork) -> None:
            incident = await by_number(uow, int(body["view"]["private_metadata"]))
            await resolve(uow, incident, values(body["view"]).get("verified", ""))

        await _submit(ack, interactions, body, context, doing, otherwise="verified")

    for level in (IMPACT, URGENCY):
        app.action({"block_id": level, "action_id": level})(handle_level_change)
    app.view(DECLARE_MODAL)(handle_declare)
    app.view(UPDATE_MODAL)(handle_update)
    app.view(RESOLVE_MODAL)(handle_resolve)


def _check_privacy(given: Mapping[str, str]) -> None:
    if PRIVATE not in given and sounds_private(
        " ".join(given.get(one, "") for one in ("title", "service", "description"))
    ):
        raise UserError("This sounds private. Choose who may know.", field=PRIVATE)


def _title_and_priority(title: str, scale: Scale) -> tuple[str, Choice | None]:
    """A priority in front of the title counts, as in the command; what only looks like one is part of the title."""
    stated = priority_in_front(title, scale, any_name=False)
    if stated is None:
        return title, None
    if stated.choice is None and scale.is_above(stated.word):
        highest = scale.levels[0].upper()
        raise UserError(f"There's no {stated.word.upper()} here. {highest} is the highest.", field="title")
    return (stated.rest, stated.choice) if stated.choice else (title, None)


async def _submit(
    ack: AsyncAck,
    interactions: Interactions,
    body: dict[str, Any],
    context: AsyncBoltContext,
    doing: Doing,
    *,
    otherwise: str,
) -> None:
    """`otherwise` is the input under which a refusal is shown that belongs to none."""
    inputs = {block.get("block_id") for block in body["view"].get("blocks", [])}
    refused = await interactions.submit(Requester.from_body(body, context), doing)
    errors = {field if field in inputs else otherwise: sentence for field, sentence in refused.items()}
    if errors:
        await ack(response_action="errors", errors=errors)
    else:
        await ack()
