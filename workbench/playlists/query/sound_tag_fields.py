"""Sound tags in the filter language: ``piano > 0.5``, ``piano_rank > 0.9``, ``voice = none``, ``mood:mellow``.

Their names are words that people search for, so they are fields only before an operator, a colon, or a word of their
family: ``mood happy`` is a condition, but ``mood indigo`` searches for two words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.analysis.sound_tags import BY_NAME, FAMILIES, SOUND_TAGS
from workbench.playlists.query.query_language import Both, Condition, Either, Node, Not, Token, syntax_error
from workbench.store.library.library_table import split_list
from workbench.values import nearest

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

RANK = "_rank"
"""The suffix of fields for the rank of a tag in the library: 0.9 is above nine tenths of the tracks."""
FAMILY_WORDS = {family: tuple(tag.word for tag in SOUND_TAGS if tag.family == family) for family in FAMILIES}
FIELDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys([*BY_NAME, *(name + RANK for name in BY_NAME)], ()),
    **FAMILY_WORDS,
}
"""Each field, and the words before which it needs no operator."""
NOT_HEARD = (
    "no network has listened to this library: run `workbench models get`, and `workbench embed` for tracks that are "
    "analyzed already."
)


def check_sound_tags(tree: Node, text: str, table: LibraryTable) -> None:
    """Raise an error for sound tags without values, and for words that no sound tag has.

    Raises
    ------
    QuerySyntaxError
        The message says which command to run, or which words exist.
    """
    for condition in _conditions(tree):
        field = condition.field or ""
        column = table.columns.get(field)
        if field in FIELDS and table.sound_tags is None and (column is None or column.dtype != object):
            raise syntax_error(text, condition.position, f"{field!r} is a sound tag, and {NOT_HEARD}")
        if field in FAMILIES and condition.operator in ("=", "!="):
            for token in condition.values:
                _check_word(token, field, text, table)


def _check_word(token: Token, family: str, text: str, table: LibraryTable) -> None:
    words, word = FAMILY_WORDS[family], token.text.casefold()
    texts = set(table.texts(family))
    if word in words or any(word in split_list((text or "").casefold()) for text in texts):
        return
    near = nearest(word, words)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(words)}."
    raise syntax_error(text, token.position, f"{token.text!r} is not a {family} that is heard. {hint}")


def _conditions(node: Node) -> Iterator[Condition]:
    match node:
        case Condition():
            yield node
        case Not(inner):
            yield from _conditions(inner)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from _conditions(part)
