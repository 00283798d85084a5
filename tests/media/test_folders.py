"""Playlists in a folder of the music that a server watches, as the README writes them."""

from __future__ import annotations

import json
from pathlib import Path

from mpd_server import NAMES, add_tracks

from workbench import Workbench
from workbench.cli.main import main


def test_the_commands_of_the_readme_write_what_a_server_reads(tmp_path: Path, capsys) -> None:
    music, data = tmp_path / "Music", tmp_path / "data"
    with Workbench(data) as wb:
        add_tracks(wb, [str(music / name) for name in NAMES])
    party, fast = music / "Playlists" / "party.m3u8", music / "Playlists" / "fast.nsp"
    common = ("--data-dir", str(data))
    for size in ("4", "6"):
        assert (
            main(["playlist", "random", "--size", size, "--name", "Party", "--out", str(party), *common]) == 0
        )
        files = [line for line in party.read_text("utf-8").splitlines() if not line.startswith("#")]
        assert len(files) == int(size)
        assert {f"../{name}" for name in NAMES} >= set(files)
    query = ["playlist", "query", "--size", "50", "--name", "Fast", "--out", str(fast), *common]
    assert main([*query, "-p", "filter=bpm 90-160 and not genre = Polka"]) == 0
    rules = json.loads(fast.read_text("utf-8"))
    assert (rules["name"], rules["limit"]) == ("Fast", 50)
    assert rules["all"] == [{"inTheRange": {"bpm": [90, 160]}}, {"isNot": {"genre": "Polka"}}]
    before = fast.read_bytes()
    assert main([*query, "-p", "filter=key Am"]) == 1
    assert "Navidrome has no field for 'key'" in capsys.readouterr().err
    assert fast.read_bytes() == before
    assert sorted(path.name for path in party.parent.iterdir()) == ["fast.nsp", "party.m3u8"]
    with Workbench(data) as wb:
        assert len(list(wb.playlists("Fast"))) == 1  # refused before a playlist was kept
