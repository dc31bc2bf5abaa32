"""A question stops everything and offers what may have been meant."""

import pytest

from bot.domain.question import Button, Question
from bot.errors import UserError

PRIVATE = Button(label="Private", command="declare private:yes :: Payroll leak")
PUBLIC = Button(label="Public", command="declare private:no :: Payroll leak")


def test_a_question_is_a_refusal_that_keeps_its_buttons_in_order() -> None:
    with pytest.raises(UserError, match=r"^Should INC-1 be private\?$") as refused:
        raise Question("Should INC-1 be private?", PRIVATE, PUBLIC, field="private")

    assert isinstance(refused.value, Question)
    assert refused.value.sentence == "Should INC-1 be private?"
    assert refused.value.buttons == (PRIVATE, PUBLIC)
    assert refused.value.field == "private"


def test_nobody_has_to_choose_among_more_than_five() -> None:
    buttons = [Button(label=f"P{number}", command=f"declare p{number} :: x") for number in range(1, 8)]

    assert [one.label for one in Question("Which?", *buttons).buttons] == ["P1", "P2", "P3", "P4", "P5"]
