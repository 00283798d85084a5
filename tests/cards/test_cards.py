"""Every object shows itself: escaped, without a script or an outside address, and in a few lines as text."""

from __future__ import annotations

import base64
import html.parser
import io
import pickle
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from workbench import Track, Workbench
from workbench.audio.source import size_and_time
from workbench.cards.card import beside, card, facts, table
from workbench.cards.drawings import curve, key_chip, waveform
from workbench.cards.html import Html, element, plain
from workbench.cards.rows import Rows
from workbench.models.tagger.calibration import reliability
from workbench.models.tagger.training_report import DoubtfulTrack, Scores, TaggerReport
from workbench.models.tagger.use import Application, Evaluation
from workbench.playlists import METHODS
from workbench.processing.cluster.health import health
from workbench.processing.cluster.worker_health import WorkerHealth
from workbench.store.library.records import ScannedFile

HEALTH: dict[str, Any] = {
    "lost": False,
    "memory_limit_percent": None,
    "expected_processes": lambda known: known,
    "timeout_s": 1.0,
}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


class Page(html.parser.HTMLParser):
    """What a browser would find in a card."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("img", "br"):
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def wb(analyzed_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    import shutil

    folder = tmp_path_factory.mktemp("cards")
    shutil.copytree(analyzed_data_dir, folder / "data", ignore=shutil.ignore_patterns("demo"))
    (folder / "no audio").mkdir()
    bad = folder / "no audio" / "<script>alert(1)<.mp3"
    bad.write_text("nothing")
    with Workbench(folder / "data", async_workers=1) as wb:
        with wb.library.pool.writing() as connection:
            connection.execute("UPDATE tracks SET title = ?, artist = ?, album = ? WHERE id = 2", (EVIL,) * 3)
        failed = ScannedFile(
            str(bad), *size_and_time(bad.stat()), None, error=f"{EVIL} is not audio", error_kind="format"
        )
        wb.library.files.add([failed])
        yield wb


def report(**changes: Any) -> TaggerReport:
    scores = Scores(0.8, 0.82, 0.4, 0.05, 0.5)
    made = TaggerReport(
        label="genre",
        model_id="m",
        chosen="network",
        classes=(EVIL, "soul"),
        left_out={},
        examples={"train": 20, "test": 8},
        scores={"network": scores, "logistic": replace(scores, balanced_accuracy=0.6)},
        confusion=[[3, 1], [0, 4]],
        reliability=reliability(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1])),
        temperature=1.0,
        history={},
        doubtful=[DoubtfulTrack(3, "/a.flac", EVIL, EVIL, "soul", EVIL, 0.51)],
        folder="/f",
        trained_at="2026-01-01T00:00:00",
        seconds=3,
        seed=0,
        inputs="analysis 4",
        dimensions=10,
        messages=[EVIL],
    )
    return replace(made, **changes)


SHOWN = {
    "workbench": lambda wb: wb,
    "plan": lambda wb: wb.analyze.plan(Path(wb.settings.data_dir).parent / "no audio"),
    "job": lambda wb: finished(wb),
    "report": lambda wb: finished(wb).result(),
    "failed": lambda wb: finished(wb).failed,
    "track": lambda wb: wb.track(2),
    "failed track": lambda wb: wb.track(wb.track.find(status="failed").tracks[0].id),
    "features": lambda wb: wb.track.features(2),
    "found": lambda wb: wb.track.find(limit=5),
    "library table": lambda wb: wb.table(),
    "playlist": lambda wb: wb.playlists.draft("similarity", start=2, size=30, name=EVIL),
    "playlist track": lambda wb: wb.playlists.draft("similarity", start=2, size=3)[0],
    "similar": lambda wb: wb.similar(2, 5),
    "quality card": lambda wb: wb.playlists.draft("similarity", start=2, size=5).card,
    "methods": lambda wb: METHODS,
    "method": lambda wb: METHODS["harmonic"],
    "kept": lambda wb: wb.playlists(),
    "playlists": lambda wb: wb.playlists,
    "comparison": lambda wb: wb.playlists.compare(kept(wb), kept(wb)),
    "refreshed": lambda wb: wb.playlists.refresh(kept(wb)),
    "problems": lambda wb: wb.problems(wb.table()),
    "performance": lambda wb: wb.performance(),
    "health before any analysis": lambda wb: wb.jobs.health(),
    "health": lambda _: WorkerHealth(health(None, **HEALTH) | {"started": True, "reasons": [EVIL]}),
    "models": lambda wb: wb.models,
    "found models": lambda wb: wb.models.found(),
    "tagger": lambda wb: wb.tagger,
    "tagger report": lambda wb: report(),
    "evaluation": lambda wb: evaluation(),
    "application": lambda wb: Application("genre", "m", 2, {EVIL: 2}, 0.8),
    "settings": lambda wb: wb.settings,
    "ratings": lambda wb: wb.ratings,
    "maps": lambda wb: wb.maps,
    "tags": lambda wb: wb.tags,
    "database": lambda wb: wb.database,
}  # fmt: skip


def evaluation() -> Evaluation:
    made = report()
    return Evaluation("genre", "m", 8, made.scores["network"], ("a", "b"), [[1, 0], [0, 1]], made.reliability)


def kept(wb: Workbench) -> int:
    return wb.playlist("random", size=4, name="compared", random_state=1).id or 0


def finished(wb: Workbench) -> Any:
    job = wb.analyze(Path(wb.settings.data_dir).parent / "no audio", show=False)
    job.result(timeout=120)
    return job


@pytest.mark.parametrize("what", SHOWN)
def test_an_object_shows_itself_escaped_and_offline(what: str, wb: Workbench) -> None:
    thing = SHOWN[what](wb)
    lines = repr(thing).splitlines()
    assert 1 <= len(lines) <= 5 and " object at 0x" not in repr(thing)
    if what == "playlist track":
        return
    shown = thing._repr_html_()
    page = Page(shown)
    assert page.open == [] and "pw-card" in shown
    assert not {"script", "iframe", "link", "object"} & {name for name, _ in page.elements}
    for name, attributes in page.elements:
        assert not [attribute for attribute in attributes if attribute.startswith("on")], (name, attributes)
        assert (attributes.get("src") or "data:").startswith("data:") and "href" not in attributes
    words = set(re.findall(r"[A-Za-z]+", plain(Html(shown.partition("What it can do")[0]))))
    assert not {"nan", "NaN"} & words and (what in ("ratings", "maps") or "None" not in words)
    if what in (
        "track",
        "playlist",
        "found",
        "library table",
        "failed track",
        "tagger report",
        "application",
    ):
        assert "alert(1)" in plain(Html(shown))  # as text


def test_a_playlist_shows_tempo_key_length_and_reason_of_each_track(wb: Workbench) -> None:
    playlist = wb.playlists.draft("similarity", start=5, size=4)
    text = plain(playlist._repr_html_())
    table = wb.table()
    for track in playlist:
        row = table.index_of(track.id)
        assert row is not None and f"{table['bpm'][row]:.1f}" in text and table["camelot"][row] in text
        assert plain(track.explanation["text"]) in text


def test_a_kept_playlist_has_tempo_and_key_after_it_was_read_again(wb: Workbench) -> None:
    made = wb.playlist("random", size=3, name="read again", random_state=2)
    assert [track.features for track in wb.playlists.get("read again")] == [t.features for t in made]
    assert made.to_dict()["tracks"][0]["features"]["bpm"] == made[0].features["bpm"]


def test_a_player_has_the_sound_of_the_track_inside(wb: Workbench) -> None:
    track = wb.track(4)
    (source,) = re.findall(r'src="data:audio/mpeg;base64,([^"]+)"', track.play(start_s=2, seconds=3))
    sound, rate = soundfile.read(io.BytesIO(base64.b64decode(source)))
    file, file_rate = soundfile.read(track.path)
    assert len(sound) / rate == pytest.approx(3, abs=0.1)
    part = file[2 * file_rate : 5 * file_rate]
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(np.sqrt(np.mean(part**2)), rel=0.05)
    assert track.play(start_s=2, seconds=3) == track.play(start_s=2, seconds=3)
    shown = wb.playlists.draft("random", size=3, random_state=1).play(seconds=1)
    assert shown.count("<audio") == 3


def test_everything_that_is_beside_a_cover_is_one_column() -> None:
    page = Page(beside(element("img"), waveform(np.ones((9, 2), np.float32)), facts([("Key", "8A")])))
    assert [name for name, _ in page.elements][:4] == ["div", "img", "div", "svg"]
    assert page.open == []


def test_a_cover_is_shown_small_and_drawn_anew(wb: Workbench, tmp_path: Path) -> None:
    from PIL import Image

    from workbench.audio.cover import COVER_PIXELS, small_cover

    soundfile.write(tmp_path / "a.flac", np.zeros(4410), 44100)
    assert small_cover(tmp_path / "a.flac") is None
    (tmp_path / "Folder.JPG").write_text("no picture")
    assert small_cover(tmp_path / "a.flac") is None
    Image.new("RGB", (900, 600), "teal").save(tmp_path / "Folder.JPG", comment=b"<script>")
    cover = small_cover(tmp_path / "a.flac")
    assert cover is not None and b"<script>" not in cover
    with Image.open(io.BytesIO(cover)) as small:
        assert small.size == (COVER_PIXELS, COVER_PIXELS * 2 // 3)


def test_a_cover_inside_of_the_file_comes_first(tmp_path: Path) -> None:
    from mutagen.flac import FLAC, Picture
    from PIL import Image

    from workbench.audio.cover import small_cover

    soundfile.write(tmp_path / "a.flac", np.zeros(44100), 44100)
    inside, picture, file = io.BytesIO(), Picture(), FLAC(tmp_path / "a.flac")
    Image.new("RGB", (40, 40), "red").save(inside, "PNG")
    picture.type, picture.mime, picture.data = 3, "image/png", inside.getvalue()
    file.add_picture(picture)
    file.save()
    Image.new("RGB", (50, 50), "blue").save(tmp_path / "cover.png")
    with Image.open(io.BytesIO(small_cover(tmp_path / "a.flac") or b"")) as small:
        red, _, blue = small.convert("RGB").getpixel((5, 5))
        assert small.size == (40, 40) and red > 200 > 60 > blue


def test_a_track_is_the_stored_one_and_can_be_pickled(wb: Workbench) -> None:
    track = wb.track(4)
    copy = pickle.loads(pickle.dumps(track))
    assert isinstance(track, Track) and copy == track == wb.library.tracks.get(4)
    assert "pw-card" in copy._repr_html_() and "pw-wave" not in copy._repr_html_().partition("</style>")[2]
    assert track.plot().axes and copy.plot().axes


def test_the_frame_of_a_playlist_has_the_tracks_in_order(wb: Workbench) -> None:
    playlist = wb.playlists.draft("harmonic", size=3, random_state=1)
    frame = playlist.to_frame()
    assert frame.index.tolist() == playlist.track_ids
    assert list(frame.columns[:4]) == ["title", "artist", "album", "bpm"] and frame.columns[-1] == "path"
    assert len(playlist.plot().axes) == 2


def test_a_closed_session_says_so(tmp_path: Path) -> None:
    wb = Workbench(tmp_path / "data")
    assert "library is empty" in plain(wb._repr_html_())
    wb.close()
    assert "closed" in repr(wb) and "closed" in plain(wb._repr_html_())


def test_long_tables_say_how_many_rows_are_left_out() -> None:
    shown = plain(table(("Number",), [(n,) for n in range(70)]))
    assert "49" in shown.split() and "50" not in shown.split()[:-3] and shown.endswith("… and 20 more")
    rows = Rows(range(7), "number", {"": lambda number: number})
    assert rows == [0, 1, 2, 3, 4, 5, 6] and repr(rows).splitlines()[-1] == "… and 4 more"


def test_drawings_take_what_is_not_known() -> None:
    assert waveform(np.zeros((0, 2), np.float32)) == curve([1.0], "a") == curve([None, None], "a") == ""
    assert key_chip(None) == key_chip("?") == key_chip("13A") == "" and "8A" in key_chip("8A")
    assert "nan" not in curve([1.0, float("nan"), None, 3.0], "tempo")
    assert "NaN" not in waveform(np.zeros((9, 2), np.float32), duration_s=3, sections_s=[0, 1, 9])


def test_texts_are_escaped_once() -> None:
    assert element("p", "a & b", title='"') == '<p title="&quot;">a &amp; b</p>'
    assert element("p", element("b", "<")) == "<p><b>&lt;</b></p>"
    assert "<b>" not in card("<b>", facts([("<b>", "<b>")])).partition("</style>")[2]
