"""What each outbox step does: the call that it makes, and what Slack's answer changes.

A step is prepared when it is sent, from the database as it is then; a step that has become needless says so.
"""

from bot.slack.outbound.steps.persons import AnswerPerson, LearnFile, LearnPerson, TellAdministrator, TellPerson
from bot.slack.outbound.steps.room import (
    CreateChannel,
    EditCard,
    Invite,
    PinCard,
    Post,
    PostCard,
    SetTopic,
    UploadPostmortem,
)
from bot.slack.outbound.steps.stakeholders import Announce, EditAnnouncement, PostToStakeholders, WithdrawReplies
from bot.slack.outbound.steps.step import PostRest, SlackCall, Step

__all__ = ["STEPS", "SlackCall", "Step"]

STEPS: dict[str, Step] = {
    "announce": Announce(),
    "answer": AnswerPerson(),
    "create_channel": CreateChannel(),
    "edit_announcement": EditAnnouncement(),
    "edit_card": EditCard(),
    "invite": Invite(),
    "learn_file": LearnFile(),
    "learn_person": LearnPerson(),
    "pin_card": PinCard(),
    "post": Post(),
    "post_card": PostCard(),
    "post_rest": PostRest(),
    "post_to_stakeholders": PostToStakeholders(),
    "set_topic": SetTopic(),
    "tell_administrator": TellAdministrator(),
    "tell_person": TellPerson(),
    "upload_postmortem": UploadPostmortem(),
    "withdraw_replies": WithdrawReplies(),
}
