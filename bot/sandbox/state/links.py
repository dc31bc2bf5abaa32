"""Web and e-mail addresses in typed text: which there are, and the markup that Slack makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.sandbox.state.model import Json

# Endings that make a bare word an address: those of all countries (`setup.py`, `README.md`), and common others.
_COUNTRIES = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc "
    "cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga "
    "gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp "
    "ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms "
    "mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro "
    "rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt "
    "tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw"
)
_OTHERS = (
    "app biz blog cloud com dev edu gov info int link live mil name net online org page pro site store systems tech xyz"
)
_ENDING = "|".join(sorted([*_COUNTRIES.split(), *_OTHERS.split()], key=len, reverse=True))
_DOMAIN = rf"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:{_ENDING})\b(?!\.?[\w-])"
_ADDRESS = re.compile(
    rf"(?P<web>\bhttps?://[^\s<>|]+)"
    rf"|(?P<mail>(?<![\w.+-])[\w.+-]+@{_DOMAIN})"
    rf"|(?P<bare>(?<![\w@/.:+-]){_DOMAIN}(?::\d{{1,5}})?(?:[/?#][^\s<>|]*)?)",
    re.IGNORECASE,
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def pieces(text: str) -> Iterator[tuple[str, str, str]]:
    """The text in order, as (plain text, address, label): one that is no address has only its text.

    The label is what was typed where that is not the address itself.
    """
    end = 0
    for match in _ADDRESS.finditer(text):
        typed = _without_end(match.group())
        if typed.endswith("://"):
            continue
        if match.start() > end:
            yield text[end : match.start()], "", ""
        if match["web"]:
            yield typed, typed, ""
        else:
            yield typed, ("mailto:" if match["mail"] else "http://") + typed, typed
        end = match.start() + len(typed)
    if end < len(text):
        yield text[end:], "", ""


def element(address: str, label: str) -> Json:
    """The address as an element of rich text."""
    return {"type": "link", "url": address} | ({"text": label} if label else {})


def _without_end(address: str) -> str:
    """Without what ends the sentence rather than the address; a bracket that was opened in it belongs to it."""
    while address:
        last = address[-1]
        opening = _CLOSING.get(last)
        closes_nothing = opening is not None and address.count(last) > address.count(opening)
        if last in ".,;:!?'\"*_~`" or closes_nothing:
            address = address[:-1]
        else:
            break
    return address
