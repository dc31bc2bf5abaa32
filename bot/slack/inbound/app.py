"""The Bolt app: the inbox in front, the listeners behind it."""

import logging
from collections.abc import Mapping

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.service.command import Command
from bot.slack.inbound import card, choices, commands, forms, unhandled
from bot.slack.inbound.inbox import SlackInbox
from bot.slack.inbound.interactions import Interactions
from bot.slack.inbound.origin import Doorkeeper
from bot.slack.outbound.gateway import Gateway
from bot.store.tables import Workspace

log = logging.getLogger(__name__)


def slack_app(
    *,
    slack: Gateway,
    token: str,
    signing_secret: str,
    workspace: Workspace,
    doorkeeper: Doorkeeper,
    inbox: SlackInbox,
    interactions: Interactions,
    known_commands: Mapping[str, Command],
) -> AsyncApp:
    """The app with its listeners; makes no call, since who we are was asked once at the start."""

    async def authorize() -> AuthorizeResult:
        # A fixed answer also keeps SLACK_CLIENT_ID in the environment from switching OAuth on.
        return AuthorizeResult(
            enterprise_id=None,
            team_id=workspace.team_id,
            bot_user_id=workspace.bot_user_id,
            bot_id=workspace.bot_id,
            bot_token=token,
        )

    logger = logging.getLogger("slack_bolt")
    # Bolt finds SLACK_BOT_TOKEN in the environment as well, and says that it will not use it: just so.
    logger.addFilter(_no_word_of_the_token)
    app = AsyncApp(
        name="incident-bot",
        # Without the token: our listeners call Slack through the gateway alone.
        client=AsyncWebClient(base_url=slack.client.base_url),
        authorize=authorize,
        signing_secret=signing_secret or "unused in Socket Mode",
        # Everything is committed when a listener returns, and only then is it acknowledged.
        process_before_response=True,
        request_verification_enabled=bool(signing_secret),
        raise_error_for_unhandled_request=True,  # to bot.slack.inbound.unhandled, which acknowledges it
        logger=logger,
    )
    logger.removeFilter(_no_word_of_the_token)
    app.middleware(doorkeeper.middleware)
    app.middleware(inbox.middleware)
    commands.listen(app, interactions, known_commands)
    choices.listen(app, interactions, known_commands)
    card.listen(app, interactions)
    forms.listen(app, interactions)
    unhandled.listen(app)
    return app


def _no_word_of_the_token(record: logging.LogRecord) -> bool:
    return "`token` will be unused" not in record.getMessage()
