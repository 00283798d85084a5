"""Plug-ins: files in the data folder that add a descriptor, a method, a format and an app."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from signals import tone

from workbench import PluginError, Workbench
from workbench.analysis.own_descriptors import OwnMeters, SentMeter
from workbench.apps import app
from workbench.playlists import method, playlist_format

ALL_FOUR = """
import numpy as np
from workbench.analysis import descriptor
from workbench.analysis.own_descriptors import OwnMeters, SentMeter
from workbench.apps import app
from workbench.playlists import Pick, method, playlist_format


@descriptor("side_share", meaning="share of the difference of the channels", version=VERSION, low=0, high=1)
class SideShare:
    def __init__(self, rate):
        self.middle = self.side = 0.0

    def feed(self, block):
        left, right = block[:, 0], block[:, -1]
        self.middle += float(np.square(left + right).sum())
        self.side += float(np.square(left - right).sum())

    def finish(self):
        return self.side / (self.middle + self.side)


@descriptor("channel_word", meaning="mono or stereo", kind="text")
class ChannelWord:
    def __init__(self, rate):
        self.word = None

    def feed(self, block):
        self.word = {1: "mono", 2: "stereo"}[block.shape[1]]

    def finish(self):
        if self.word == "mono":
            raise ValueError("too narrow")
        return self.word


@method("widest", "The widest first.", needs_vectors=False)
def widest(request):
    share = np.nan_to_num(request.table.numbers("side_share"))
    for row in request.rows[np.argsort(-share[request.rows])].tolist():
        yield Pick(row, {"side_share": float(share[row]), "because": f"{share[row]:.0%} from the sides"})


@playlist_format("txt")
def plain_text(listing):
    return "\\n".join(["Playlist Workbench", *(line.path for line in listing.lines)]).encode()


@app("greeting")
def greeting(wb):
    return f"hello {len(wb.tracks)}"
"""


def all_four(version: int) -> str:
    return ALL_FOUR.replace("VERSION", str(version))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugins") / "data"
    (folder / "plugins").mkdir(parents=True)
    (folder / "plugins" / "wide.py").write_text(all_four(1))
    (folder / "plugins" / "broken.py").write_text("import there_is_no_such_module")
    return folder


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("music")
    left, right = tone(220, 3)[:, 0], tone(330, 3)[:, 0]
    soundfile.write(folder / "middle.wav", np.stack([left, left], 1), 44100)
    soundfile.write(folder / "narrow.wav", left, 44100)
    soundfile.write(folder / "wide.wav", np.stack([left, right], 1), 44100)
    return folder


@pytest.fixture(scope="module")
def wb(data_dir: Path, music: Path) -> Iterator[Workbench]:
    with Workbench(data_dir, async_workers=1) as wb:
        wb.report = wb.analyze(music, show=False).result(timeout=120)
        yield wb
        for file in wb.plugins.folder.iterdir():
            file.unlink()
        assert not [
            plugin for plugin in wb.plugins if plugin.name in ("wide", "broken")
        ]  # and what they registered


def by_name(wb: Workbench, column: str) -> dict[str, Any]:
    return {Path(path).stem: value for path, value in zip(wb.tracks["path"], wb.tracks[column], strict=True)}


def test_a_descriptor_is_computed_on_a_worker_and_kept(wb: Workbench) -> None:
    share = by_name(wb, "side_share")
    assert share["middle"] == share["narrow"] == 0
    assert share["wide"] == pytest.approx(0.5, abs=0.01)
    assert wb.tracks.attrs["meanings"]["side_share"] == "share of the difference of the channels"


def test_a_descriptor_that_fails_for_a_file_leaves_only_its_own_value_out(wb: Workbench) -> None:
    assert wb.report.analyzed == 3 and not wb.report.failed
    [sentence] = wb.report.plugin_problems
    assert (
        "channel_word" in sentence
        and "1 file" in sentence
        and "narrow.wav: ValueError: too narrow" in sentence
    )
    assert sentence in repr(wb.report)
    words = by_name(wb, "channel_word")
    assert words["wide"] == "stereo" and not isinstance(words["narrow"], str)


def test_a_descriptor_is_in_filters_and_in_all_that_shows_a_track(wb: Workbench) -> None:
    [found] = wb.search("side_share > 0.2 and channel_word = stereo").tracks
    track = wb.track(found.id)
    assert track.to_dict()["features"]["side_share"] == pytest.approx(0.5, abs=0.01)
    assert "share of the difference of the channels" in track._repr_html_()
    assert "side_share" in wb.track.features(found.id).to_frame().index


def test_a_changed_version_means_that_tracks_are_analyzed_again(
    wb: Workbench, data_dir: Path, music: Path
) -> None:
    assert not wb.analyze.plan(music).reasons
    plugin = data_dir / "plugins" / "wide.py"
    plugin.write_text(all_four(22))
    assert set(wb.analyze.plan(music).reasons.values()) == {"side_share has version 22"}
    plugin.write_text(all_four(1).replace("channel_word", "other_word"))
    assert set(wb.analyze.plan(music).reasons.values()) == {"without the descriptor other_word"}
    plugin.write_text(all_four(1))
    assert not wb.analyze.plan(music).reasons


def test_a_method_a_format_and_an_app_work_like_the_built_in_ones(wb: Workbench, tmp_path: Path) -> None:
    playlist = wb.playlist.widest(size=2)
    assert Path(playlist[0].path).stem == "wide" and playlist[0].explanation["side_share"] > 0.4
    assert playlist[0].explanation["text"] == "50% from the sides"
    assert playlist[0].explanation["details"].startswith("50% from the sides")
    lines = playlist.save(tmp_path / "list.txt").read_text().splitlines()
    assert lines[0] == "Playlist Workbench" and lines[1].endswith("wide.wav")
    assert wb.app("greeting") == "hello 3"


def test_a_plug_in_that_cannot_be_imported_is_named_and_the_others_work(wb: Workbench) -> None:
    plugins = {plugin.name: plugin for plugin in wb.plugins}
    assert "there_is_no_such_module" in (plugins["broken"].problem or "")
    assert plugins["wide"].adds == (
        "descriptor side_share", "descriptor channel_word", "method widest", "format txt", "app greeting",
    )  # fmt: skip


def test_names_that_differ_only_in_signs_are_different_plug_ins(data_dir: Path) -> None:
    files = {name: data_dir / "plugins" / f"{name}.py" for name in ("two-words", "two_words", "two.words")}
    for name, path in files.items():
        path.write_text(
            f"import sys\nname = {name!r}\nassert not hasattr(sys.modules[__name__], 'other')\nother = 1\n"
        )
    with Workbench(data_dir) as wb:
        assert {plugin.name: plugin.problem for plugin in wb.plugins}.items() >= dict.fromkeys(files).items()
    modules = {vars(module).get("name") for key, module in list(sys.modules.items()) if "two" in key}
    assert modules >= files.keys()
    for path in files.values():
        path.unlink()


def test_a_plug_in_may_open_the_workbench(data_dir: Path) -> None:
    (data_dir / "plugins" / "opens.py").write_text(
        f"from workbench import Workbench\nwith Workbench({str(data_dir)!r}) as wb:\n    count = len(wb.plugins)\n"
    )
    with Workbench(data_dir) as wb:
        opens = next(plugin for plugin in wb.plugins if plugin.name == "opens")
    assert opens.problem is None
    (data_dir / "plugins" / "opens.py").unlink()


def test_the_command_line_knows_plug_ins(wb: Workbench, data_dir: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "workbench", *arguments, "--data-dir", str(data_dir)]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, check=False, env=os.environ
        )

    made = run("playlist", "widest", "--size", "2", "--out", str(tmp_path / "cli.txt"))
    assert made.returncode == 0 and made.stderr.count("was not loaded") == 1, made.stderr
    assert (tmp_path / "cli.txt").read_text().startswith("Playlist Workbench")
    checks = {check["name"]: check for check in json.loads(run("doctor", "--json").stdout)["checks"]}
    assert not checks["plug-ins"]["ok"] and "method widest" in checks["plug-ins"]["found"]
    assert "broken.py" in checks["plug-ins"]["fix"]


@pytest.mark.parametrize(
    "failing",
    [
        lambda: method("random", "Mine.")(lambda request: iter(())),
        lambda: playlist_format("m3u8")(lambda listing: b""),
        lambda: app("library")(lambda wb: None),
    ],
    ids=["method", "format", "app"],
)
def test_a_plug_in_cannot_take_the_name_of_a_built_in_one(failing: Any) -> None:
    with pytest.raises(PluginError, match="already"):
        failing()


def test_a_method_that_fails_says_its_name(wb: Workbench, data_dir: Path) -> None:
    file = data_dir / "plugins" / "faulty.py"
    file.write_text(
        "from workbench.playlists import method\n\n@method('faulty', 'Fails.', needs_vectors=False)\n"
        "def faulty(request):\n    return [][0]\n"
    )
    with pytest.raises(PluginError, match="method faulty failed: IndexError"):
        wb.playlist("faulty", size=1)
    file.unlink()
    assert "faulty" not in dir(wb.playlist)


def test_a_package_adds_by_entry_points(tmp_path: Path) -> None:
    (tmp_path / "my_width.py").write_text(all_four(3))
    info = tmp_path / "my_width-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-width\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[workbench.descriptors]\nside_share = my_width:SideShare\n[workbench.methods]\nwidest = my_width:widest\n"
        "[workbench.formats]\ntxt = my_width:plain_text\n[workbench.apps]\nhello = my_width:greeting\n"
    )
    command = [sys.executable, "-m", "workbench", "doctor", "--json", "--data-dir", str(tmp_path / "data")]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    [found] = [check for check in json.loads(done.stdout)["checks"] if check["name"] == "plug-ins"]
    assert found["ok"], done.stdout
    for added in ("descriptor side_share", "method widest", "format txt", "app hello"):
        assert added in found["found"]


def test_a_worker_without_the_package_says_so() -> None:
    elsewhere = SentMeter("side_share", 1, "scalar", b"cthere_is_no_such_module\nSideShare\n.")
    meters = OwnMeters([elsewhere])
    meters.hear(np.zeros((100, 2), np.float32), 44100)
    assert meters.finish() == {"side_share": None}
    assert "not installed on the worker" in meters.problems["side_share"]
