"""XSPF against its specification: which elements may stand where, how often, holding what.

``validate`` and the parser of ``xspf-lib`` were both run over the test cases that xspf.org keeps for validators.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from io import BytesIO

import pytest
import xspf_lib

from workbench.playlists import Playlist, PlaylistTrack, generate, render

NAMESPACE = "{http://xspf.org/ns/0/}"
TEXT = re.compile(r".*", re.DOTALL)
URI = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*")
NUMBER = re.compile(r"\d+")
PLAYLIST = {  # in the order of the specification: most times, content
    "title": (1, TEXT),
    "creator": (1, TEXT),
    "annotation": (1, TEXT),
    "info": (1, URI),
    "location": (1, URI),
    "identifier": (1, URI),
    "image": (1, URI),
    "date": (1, TEXT),
    "license": (1, URI),
    "attribution": (1, None),
    "link": (None, URI),
    "meta": (None, TEXT),
    "extension": (None, None),
    "trackList": (1, None),
}
TRACK = {
    "location": (None, URI),
    "identifier": (None, URI),
    "title": (1, TEXT),
    "creator": (1, TEXT),
    "annotation": (1, TEXT),
    "info": (1, URI),
    "image": (1, URI),
    "album": (1, TEXT),
    "trackNum": (1, NUMBER),
    "duration": (1, NUMBER),
    "link": (None, URI),
    "meta": (None, TEXT),
    "extension": (None, None),
}


def check(element: ElementTree.Element, rules) -> None:
    assert not element.attrib.keys() - {"version"}
    assert not (element.text or "").strip()
    assert not any((child.tail or "").strip() for child in element)
    names = [child.tag.removeprefix(NAMESPACE) for child in element]
    assert all(child.tag.startswith(NAMESPACE) for child in element)
    assert set(names) <= set(rules), names
    assert names == sorted(names, key=list(rules).index)
    for child, name in zip(element, names, strict=True):
        most, content = rules[name]
        assert most is None or names.count(name) <= most
        assert content is None or content.fullmatch(child.text or ""), (name, child.text)
        assert content is None or len(child) == 0
        required = {"link": "rel", "meta": "rel", "extension": "application"}.get(name)
        assert set(child.attrib) == ({required} if required else set())


def validate(data: bytes) -> ElementTree.Element:
    root = ElementTree.fromstring(data)
    assert root.tag == f"{NAMESPACE}playlist"
    assert root.attrib == {"version": "1"}
    check(root, PLAYLIST)
    lists = root.findall(f"{NAMESPACE}trackList")
    assert len(lists) == 1
    assert not lists[0].attrib
    for track in lists[0]:
        assert track.tag == f"{NAMESPACE}track"
        check(track, TRACK)
    xspf_lib.Playlist.parse(BytesIO(data))
    return root


def test_a_generated_playlist_is_valid(table):
    root = validate(render(generate(table, "similarity", start=3, size=20), format="xspf"))
    assert len(root.findall(f".//{NAMESPACE}track")) == 20


@pytest.mark.parametrize("text", ["", "a\x00b\x1f", "\ud800", "\ufffe]]>", "<&>\"'", "😀\n\t", " "])
def test_any_text_gives_a_valid_file(text):
    track = PlaylistTrack(
        1, "h", path="/music/<&>\"'#?%\n\udcff.mp3", title=text, artist=text, album=text, duration_s=1.2345
    )
    root = validate(render(Playlist(text, "random", {}, 1, "v", (track,), {}, {}), format="xspf"))
    assert root.find(f".//{NAMESPACE}duration").text == "1234"


def test_an_empty_playlist_is_valid():
    validate(render(Playlist("x", "random", {}, 1, "v", (), {}, {}), format="xspf"))


@pytest.mark.parametrize(
    "inside",
    [
        "<trackList/><title>late</title>",
        "<title>a</title><title>b</title><trackList/>",
        "<title>a<b/></title><trackList/>",
        "<trackList/><trackList/>",
        "text<trackList/>",
        '<title lang="en">a</title><trackList/>',
        "<trackList><track><duration>1.5</duration></track></trackList>",
        "<trackList><track><location>a b</location></track></trackList>",
        "<trackList><track><meta>a</meta></track></trackList>",
    ],
)
def test_the_check_itself_refuses_what_is_not_valid(inside):
    with pytest.raises(AssertionError):
        validate(f'<playlist xmlns="http://xspf.org/ns/0/" version="1">{inside}</playlist>'.encode())
