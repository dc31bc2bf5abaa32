"""Documents as a reader sees them, and the words that tests put into them."""

from itertools import pairwise

from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

PARSER = MarkdownIt("commonmark").enable("table").enable("strikethrough")

# Words without what no reader could see: surrogates are no text, and CommonMark shows U+FFFD for NUL.
letters = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
markdown_ish = st.text("|\\`*_~[](){}<>#+-=!&:.123 \n\tax", max_size=30)
texts = st.text(letters, max_size=30) | markdown_ish
# A line that is nothing but digits makes, with the template's full stop, a numbered list: "503. The impact …".
said = texts.filter(lambda text: bool(text.strip()) and not text.strip().isdigit())


def seen(token: Token) -> str:
    """What a reader sees of an inline token; anything but words and our own emphasis and links is named."""
    shown = []
    for child in token.children or []:
        if child.type in ("text", "text_special"):
            shown.append(child.content)
        elif child.type in ("hardbreak", "softbreak"):
            shown.append("\n")
        elif child.type not in ("strong_open", "strong_close", "link_open", "link_close"):
            shown.append(f"<<{child.type}>>")
    return "".join(shown)


def tables(document: str) -> list[list[list[str]]]:
    """Each table of the document as rows of cells, as a reader sees them."""
    found: list[list[list[str]]] = []
    tokens = PARSER.parse(document)
    for token, following in pairwise(tokens):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in ("td_open", "th_open"):
            found[-1][-1].append(seen(following) if following.type == "inline" else "")
    return found


def folded(text: str) -> str:
    return " ".join(text.split())
