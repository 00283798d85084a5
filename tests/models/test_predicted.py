"""What models say of a track: apart from its tags, named, and with whom it comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.cli.main import main
from workbench.models.predicted import predicted, predicted_text
from workbench.playlists import generate
from workbench.playlists.query.query_match import compile_query
from workbench.session.workbench import Workbench
from workbench.store.library.library import Library
from workbench.store.library.records import Prediction

HEADS = [
    Prediction("c", "tagger:genre", "2026", "ab", {"House": 0.3, "Techno": 0.7}),
    Prediction("c", "genre_electronic-x-1", "1", "cd", {"ambient": 0.9, "trance": 0.1}),
    Prediction("c", "mood_sad-x-1", "2", "cd", {"non_sad": 0.9, "sad": 0.1}),
    Prediction("c", "mood_happy-x-1", "2", "cd", {"happy": 0.8, "non_happy": 0.2}),
    Prediction("c", "deam-x-2", "2", "cd", {"valence": 5.0, "arousal": 9.0}),
]


def test_predictions_have_value_probability_and_model() -> None:
    found = predicted(HEADS)
    assert found["genre"] == {
        "value": "Techno",
        "probability": 0.7,
        "model": "tagger:genre",
        "version": "2026",
    }
    assert found["mood_happy"] == {
        "value": 0.8,
        "probability": 0.8,
        "model": "mood_happy-x-1",
        "version": "2",
    }
    assert (found["valence"]["value"], found["valence"]["probability"]) == (0.5, None)
    said = predicted_text(found).split(", ")
    assert said[0] == "genre Techno (70%)"
    assert sorted(said) == ["arousal 1.00", "genre Techno (70%)", "happy (80%)", "valence 0.50"]
    assert predicted([]) == {} and predicted_text({}) == ""


def test_of_several_genre_models_the_one_with_most_classes_counts() -> None:
    large = Prediction(
        "c", "genre_discogs400-x-1", "1", "cd", {"Electronic---House": 0.6, "Rock---Emo": 0.1, "x": 0.0}
    )
    assert predicted([large, HEADS[1]])["genre"]["value"] == "Electronic---House"
    assert predicted([large, *HEADS])["genre"]["value"] == "Techno", "a tagger of one's own before any"


def test_predictions_are_marked_in_the_list_and_no_tag(
    styled: Callable[..., object], library: Library, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    styled(styles=2, artists=1, tracks=5)
    track = next(track for track in library.tracks.select() if track.genre is None)
    library.models.save_predictions(
        [Prediction(track.content_hash, "tagger:genre", "2026", "ab", {"Dub Techno": 1.0})]
    )
    with Workbench(data_dir) as wb:
        described = {found["id"]: found for found in wb.track.described(wb.library.tracks.select())}
        assert described[track.id]["genre"] is None
        assert described[track.id]["predicted"]["genre"]["value"] == "Dub Techno"
        assert [found["id"] for found in described.values() if found["predicted"]] == [track.id]
        table = wb.table()
        assert [one.id for one in generate(table, "random", where="predicted_genre ~ techno")] == [track.id]
        assert not compile_query('genre ~ "Dub Techno" or "Dub Techno"', table).matches().any()
    assert main(["tracks", "--data-dir", str(data_dir), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["tracks"]
    assert {one["id"]: one["predicted"] for one in listed}[track.id]["genre"]["model"] == "tagger:genre"
    assert main(["tracks", "--data-dir", str(data_dir)]) == 0
    assert capsys.readouterr().out.count("predicted: genre Dub Techno (100%)") == 1
