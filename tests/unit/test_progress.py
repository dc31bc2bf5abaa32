"""Who waits sees how far it has come."""

import io

from bot.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_each_step_is_a_line() -> None:
    stream = io.StringIO()
    with progress(stream) as report:
        for done in (0, 500, 1000):
            report("copying messages", done=done, total=2000)
        report("comparing messages", done=1000, total=2000)
        report("nothing to do", done=0, total=0)
    assert stream.getvalue().splitlines() == [
        "  0 %  copying messages",
        " 50 %  comparing messages",
        "100 %  nothing to do",
    ]


def test_at_a_terminal_it_is_a_bar_with_what_is_left() -> None:
    stream = Terminal()
    with progress(stream) as report:
        report("page 3: 600 messages so far", done=30, total=100)
    shown = stream.getvalue()
    assert "page 3" in shown
    assert "30%" in shown
