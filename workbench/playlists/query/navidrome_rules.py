"""Translate the filter language into the rules of a Navidrome smart playlist, if Navidrome has the fields.

Navidrome has no "not": a rule is turned into its opposite instead. It stores 0 for a year, tempo, rating or number that
is unknown. Here, an unknown value matches no condition, so a rule about such a field leaves 0 out. Only the length has
a fraction in Navidrome, so only a rule about the length is widened to the values that round to the wanted one.

References
----------
https://www.navidrome.org/docs/usage/smartplaylists/ and model/criteria in Navidrome's source.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from workbench.analysis.features import TrackFeatures
from workbench.errors import PlaylistFileError
from workbench.playlists.query.numbers import rounded_span_of, slack_of, span_of
from workbench.playlists.query.query_language import Both, Condition, Either, Node, Not, parse_query
from workbench.playlists.query.query_match import ALIASES
from workbench.playlists.query.sound_tag_fields import FIELDS
from workbench.store.library.library_table import TEXT_COLUMNS
from workbench.store.library.records import NUMBER_TAGS

Rule = dict[str, Any]

_TEXTS = {
    "title": "title",
    "album": "album",
    "comment": "comment",
    "lyrics": "lyrics",
    "path": "filepath",
    "title_sort": "sorttitle",
    "artist_sort": "sortartist",
    "album_sort": "sortalbum",
    "album_artist_sort": "sortalbumartist",
    "musicbrainz_recording_id": "mbz_recording_id",
    "musicbrainz_track_id": "mbz_release_track_id",
    "musicbrainz_album_id": "mbz_album_id",
    "musicbrainz_release_group_id": "mbz_release_group_id",
    "musicbrainz_artist_id": "mbz_artist_id",
    "musicbrainz_album_artist_id": "mbz_album_artist_id",
}
_LISTS = {  # several values per track
    "artist": "artist",
    "artists": "artist",
    "album_artist": "albumartist",
    "album_artists": "albumartist",
    "composer": "composer",
    "genre": "genre",
    "grouping": "grouping",
    "tag_mood": "mood",
    "isrc": "isrc",
}
_NUMBERS = {
    "year": "year",
    "bpm": "bpm",
    "tag_bpm": "bpm",
    "duration_s": "duration",
    "channels": "channels",
    "rating": "rating",
    "play_count": "playcount",
    "track_number": "tracknumber",
    "disc_number": "discnumber",
}
_ZERO_IS_UNKNOWN = frozenset({"year", "bpm", "rating", "tracknumber", "discnumber"})
_ANYWHERE = ("title", "artist", "album", "genre", "filepath")
_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})
_SHOWN = (*list(_TEXTS)[:4], *_LISTS, *_NUMBERS, "compilation")
_OURS = {*TEXT_COLUMNS, *NUMBER_TAGS, *ALIASES, *(field.name for field in fields(TrackFeatures))}
_OURS |= {
    "lyrics",
    "has_lyrics",
    "energy",
    "excluded",
    "id",
    "kind",
    "loved",
    "plays",
    "player_rating",
    "last_played_at",
    "added_at",
}
_COMPARED = re.compile(r"(\w+)\s*(?:!=|!~|[<>=~])")


def navidrome_rules(query: str) -> Rule:
    """Return ``{"all": [rule, …]}`` or ``{"any": [rule, …]}``.

    Raises
    ------
    PlaylistFileError
        The filter has a field or value that Navidrome does not know. The message names it.
    QuerySyntaxError
        The filter cannot be read.
    """
    columns = {*_OURS, *_COMPARED.findall(query.lower())}
    rule = _rule(parse_query(query, sorted(columns), FIELDS), query)
    return rule if rule.keys() <= {"all", "any"} else {"all": [rule]}


def _rule(node: Node, query: str) -> Rule:
    match node:
        case Condition():
            return _condition(node, query)
        case Not(inner):
            return _opposite(_rule(inner, query))
        case Both(parts):
            return _all([_rule(part, query) for part in parts])
        case Either(parts):
            return _any([_rule(part, query) for part in parts])


def _condition(condition: Condition, query: str) -> Rule:
    if condition.field is None:
        return _anywhere(condition)
    name = ALIASES.get(condition.field, condition.field)
    if name == "compilation":
        return _compilation(condition)
    if name in _NUMBERS:
        return _number(condition, _NUMBERS[name], query)
    field = _TEXTS.get(name) or _LISTS.get(name)
    if field is None:
        raise _unknown(condition.field)
    return _text(condition, field)


def _anywhere(condition: Condition) -> Rule:
    token = condition.values[0]
    if token.kind == "word" and "_" in token.text:  # perhaps a column of a model or a tagger
        raise _unknown(token.text)
    return _any([_contains(field, token.text) for field in _ANYWHERE])


def _text(condition: Condition, field: str) -> Rule:
    if condition.operator not in ("=", "!=", "~", "!~"):
        raise PlaylistFileError(
            f"{condition.field} is text: it cannot be compared with {condition.operator}."
        )
    is_part = condition.operator in ("~", "!~") or field == "lyrics"
    one = _contains if is_part else _is
    found = _any([one(field, token.text) for token in condition.values])
    if condition.operator in ("=", "~"):
        return found
    return _all([_opposite(found), *_is_known(field)])


def _is(field: str, text: str) -> Rule:
    _check_path(field, text)
    return {"is": {field: text}}


def _contains(field: str, text: str) -> Rule:
    _check_path(field, text)
    if "%" in text or "_" in text:
        raise PlaylistFileError(
            f"{field} ~ {text!r}: Navidrome reads % and _ as placeholders for other characters. Look for the words "
            "before or after, or compare with =."
        )
    return {"contains": {field: text}}


def _check_path(field: str, text: str) -> None:
    if field == "filepath" and text.startswith("/"):
        raise PlaylistFileError(
            f"path {text!r}: paths in Navidrome start at its music folder. Give the part below it, as in "
            'path ~ "Artist/Album".'
        )


def _is_known(field: str) -> list[Rule]:
    """Return rules that a track without this tag does not match."""
    if field in _LISTS.values():
        return [{"contains": {field: ""}}]
    return [{"isNot": {field: empty}} for empty in (["", "[]"] if field == "lyrics" else [""])]


def _compilation(condition: Condition) -> Rule:
    said = condition.values[0].text.lower()
    if condition.operator not in ("=", "!=") or len(condition.values) > 1 or said not in _YES | _NO:
        raise PlaylistFileError("compilation: Navidrome knows compilation = yes and compilation = no only.")
    return {"is": {"compilation": (said in _YES) == (condition.operator == "=")}}


def _number(condition: Condition, field: str, query: str) -> Rule:
    slack = slack_of("duration_s") if field == "duration" else 0.0
    known = [{"gt": {field: 0}}] if field in _ZERO_IS_UNKNOWN else []
    if condition.operator in ("<", "<=", ">", ">="):
        low, _ = span_of(condition.values[0], query)
        bound = _plain(low + slack if condition.operator in ("<=", ">") else low - slack)
        rule: Rule = {"lt" if "<" in condition.operator else "gt": {field: bound}}
        rule = _any([rule, {"is": {field: bound}}]) if "=" in condition.operator else rule
        return _all([rule, *known]) if "<" in condition.operator or bound < 0 else rule
    spans = [
        rounded_span_of(token, query, slack) if slack else span_of(token, query) for token in condition.values
    ]
    found = _any([_span(field, low, high) for low, high in spans])
    if condition.operator in ("!=", "!~"):
        return _all([_opposite(found), *known])
    return _all([found, *known]) if any(low <= 0 for low, _ in spans) else found


def _span(field: str, low: float, high: float) -> Rule:
    if low == high:
        return {"is": {field: _plain(low)}}
    if math.isinf(high):
        return _any([{"gt": {field: _plain(low)}}, {"is": {field: _plain(low)}}])
    if math.isinf(low):
        return _any([{"lt": {field: _plain(high)}}, {"is": {field: _plain(high)}}])
    return {"inTheRange": {field: [_plain(low), _plain(high)]}}


def _plain(number: float) -> float:
    return int(number) if number == int(number) else number


def _opposite(rule: Rule) -> Rule:
    [(operator, inner)] = rule.items()
    if operator == "all":
        return _any([_opposite(part) for part in inner])
    if operator == "any":
        return _all([_opposite(part) for part in inner])
    if operator in _OPPOSITES:
        return {_OPPOSITES[operator]: inner}
    [(field, value)] = inner.items()
    if operator == "inTheRange":
        return _any([{"lt": {field: value[0]}}, {"gt": {field: value[1]}}])
    return _any([{"lt" if operator == "gt" else "gt": inner}, {"is": inner}])


_OPPOSITES = {"is": "isNot", "isNot": "is", "contains": "notContains", "notContains": "contains"}


def _all(rules: Sequence[Rule]) -> Rule:
    return _joined("all", rules)


def _any(rules: Sequence[Rule]) -> Rule:
    return _joined("any", rules)


def _joined(how: str, rules: Sequence[Rule]) -> Rule:
    flat = [part for rule in rules for part in rule.get(how, [rule])]
    return flat[0] if len(flat) == 1 else {how: flat}


def _unknown(field: str) -> PlaylistFileError:
    return PlaylistFileError(
        f"Navidrome has no field for {field!r}, so a smart playlist cannot ask for it. Leave it out of the filter, or "
        f"write the tracks to a file such as .m3u8. Navidrome knows {', '.join(_SHOWN)} and path.",
        field=field,
    )
