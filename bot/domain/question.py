"""What is asked before anything is done: a sentence, and a button for each thing that may have been meant."""

from dataclasses import dataclass

from bot.errors import UserError

MOST_BUTTONS = 5  # what a person takes in at a glance, and what fits a phone's width


@dataclass(frozen=True, kw_only=True)
class Button:
    """What is shown on it, and the command it stands for, as it would be typed after /incident."""

    label: str
    command: str


class Question(UserError):
    """Nothing is done until one of the buttons is pressed; where there are no buttons, it is a refusal."""

    def __init__(self, sentence: str, *buttons: Button, field: str | None = None) -> None:
        super().__init__(sentence, field=field)
        self.buttons = buttons[:MOST_BUTTONS]
