"""What can go wrong, in one tree.

BotError                    there is a sentence for it
  UserError                 a refusal: whoever asked is told what to do next
    Question                a refusal with a button for each way to read what was typed (bot.domain.question)
  UnknownPerson             a rule needs a profile: the edge asks Slack and tries again
  MembersUnconfirmed        an answer needs a channel's members: the edge asks Slack and tries again
  TooEarly                  an event waits for what it belongs to
  IntakeRefused             what a program sent can't be used: it is told every problem
  ConfigError               whoever runs the bot is told every problem, and it doesn't start
  StoreError                the same, about the database
  DeliveryError             something could not be told to somebody, in one of three ways
    Busy                    nothing happened: repeated after a while
      SlackBusy             the same, of a call to Slack
    Refused                 the answer is no: not repeated, and a person is told
      SlackRefused          the same, of a call to Slack
      WebhookRefused        the same, of an event for another program
    Unclear                 it may have happened: looked for before it's repeated
      SlackUnclear          the same, of a call to Slack
  SlackError                a call to Slack failed: one of the three above, or
    SlackUnreachable        no connection for so long that the program ends
"""

from collections.abc import Collection, Mapping, Sequence


class BotError(Exception):
    """Something went wrong that we have a sentence for."""


class UserError(BotError):
    """A refusal: a plain sentence for the person who asked, saying what to do next.

    `field` names the input of a modal that the sentence belongs under, where there is one.
    """

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class UnknownPerson(BotError):
    """A rule needs facts about a person whom the database has not met; the edge fetches them and tries again.

    Where they are not `needed`, it also tries again without them when Slack doesn't tell.
    """

    def __init__(self, user_id: str, *, needed: bool = True) -> None:
        super().__init__(f"person {user_id} is not known yet")
        self.user_id = user_id
        self.needed = needed


class MembersUnconfirmed(BotError):
    """An answer would show private incidents whose members may have changed unheard; the edge asks Slack who they are.

    Where Slack doesn't answer they stay out of this one answer.
    """

    def __init__(self, incident_ids: Collection[int]) -> None:
        super().__init__(f"the members of {len(incident_ids)} incidents are not confirmed")
        self.incident_ids = frozenset(incident_ids)


class TooEarly(BotError):
    """An event cannot be applied yet: what it belongs to is just being made."""


class IntakeRefused(BotError):
    """What a program sent cannot be used; holds every problem by the field that it is about."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems.items()))
        self.problems = dict(problems)


class ConfigError(BotError):
    """Configuration, a runbook or a template cannot be used; holds every problem, each with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class StoreError(BotError):
    """The database cannot be opened or is not in a state that this version can use."""


# Slack's codes for a token that it does not accept (any more).
NOT_LET_IN = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"})


# What a refusal means and who can mend it.
_EXPLAINED = {
    "restricted_action": "this workspace doesn't let apps do that; a workspace admin can allow it",
    "channel_not_found": (
        "there's no such channel, or the bot isn't in it; check the name in config.yaml or invite the bot"
    ),
    "not_in_channel": "the bot isn't in the channel; invite it",
    "is_archived": "the channel is archived; unarchive it",
    "no_upload_url": "Slack gave no address to take the file to",
}


class DeliveryError(BotError):
    """Something could not be told to somebody."""


class Busy(DeliveryError):
    """The destination can't be reached or asks to wait: nothing happened."""

    def __init__(self, sentence: str, *, retry_after: float) -> None:
        """`retry_after`: seconds until it makes sense to try again."""
        super().__init__(sentence)
        self.retry_after = retry_after


class Refused(DeliveryError):
    """The destination answered, and the answer is no: repeating it will not help."""

    @property
    def explained(self) -> str:
        """What it means and who can mend it, for the people of an incident."""
        return str(self)


class Unclear(DeliveryError):
    """No answer came: it may or may not have happened."""


class WebhookRefused(Refused):
    """The event will not be sent to that address again; `gone`: nor any other."""

    def __init__(self, sentence: str, *, gone: bool = False) -> None:
        super().__init__(sentence)
        self.gone = gone


class SlackError(BotError):
    """A call to Slack failed."""


class SlackRefused(Refused, SlackError):
    """Slack answered, and the answer is no: repeating the call will not help."""

    def __init__(
        self, method: str, code: str, *, needed: str = "", detail: str = "", people: Mapping[str, str] | None = None
    ) -> None:
        """`people`: why not, for each person whom the refusal is about, where Slack says."""
        hint = f", which needs the scope {needed}" if needed else ""
        extra = f" ({detail})" if detail else ""
        super().__init__(f"Slack refused {method}{hint}: {code}{extra}")
        self.method = method
        self.code = code
        self.needed = needed
        self.people = dict(people or {})

    @property
    def explained(self) -> str:
        """What it means and who can mend it, for the people of an incident."""
        if self.code == "missing_scope":
            return f"the app lacks the scope {self.needed or 'that it needs'}; reinstall it from manifest.yaml"
        return _EXPLAINED.get(self.code, f"Slack refused it ({self.code})")


class SlackBusy(Busy, SlackError):
    """Slack asks to wait (429, or a 5xx): the call had no effect."""

    def __init__(self, method: str, *, retry_after: float) -> None:
        super().__init__(f"Slack asks to wait {retry_after:g} s before {method}", retry_after=retry_after)
        self.method = method


class SlackUnreachable(SlackError):
    """No connection to Slack for so long that going on makes no sense."""


class SlackUnclear(Unclear, SlackError):
    """The connection broke before an answer came: the call may or may not have had its effect."""

    def __init__(self, method: str, cause: str) -> None:
        super().__init__(f"no answer from Slack to {method}: {cause}")
        self.method = method
