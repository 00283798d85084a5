"""Training, evaluating and applying taggers on libraries whose styles are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.errors import ModelError
from workbench.models import tagger
from workbench.models.columns import tagger_inputs, with_model_results
from workbench.models.tagger.baselines import NeighborVote
from workbench.models.tagger.examples import collect
from workbench.models.tagger.labels import labels_of
from workbench.models.tagger.network import Network
from workbench.models.tagger.split import grouped_split
from workbench.models.tagger.storage import load, save
from workbench.session.jobs.jobs import Jobs
from workbench.session.playlists import Playlists
from workbench.session.recipes import Recipes
from workbench.session.tagger import Tagger
from workbench.settings import Settings
from workbench.store.library.records import Embedding

Fill = Callable[..., "StyledLibrary"]  # noqa: F821 - a fixture of conftest.py


def test_known_styles_are_learned_and_predicted_for_other_artists(styled: Fill, tmp_path: Path) -> None:
    made = styled()
    report = tagger.train(made.library, "genre", folder=tmp_path / "taggers", seed=1)
    assert report.scores["network"].balanced_accuracy >= 0.9
    assert report.scores[report.chosen].balanced_accuracy >= 0.9
    assert report.examples["untagged"] == 40 and report.classes == tuple(f"style {n}" for n in range(4))
    assert len(report.history["val_loss"]) == len(report.history["loss"]) > 1
    assert sum(map(sum, report.confusion)) == report.examples["test"]
    json.dumps(report.to_dict(), allow_nan=False)

    evaluation = tagger.evaluate(made.library, "genre", folder=tmp_path / "taggers")
    assert evaluation.scores == report.scores[report.chosen]

    before = made.library.table()["genre"].copy()
    jobs = Jobs(
        Settings.load(data_dir=tmp_path), made.library, share_cluster=False, announce=lambda job: None
    )
    playlists = Playlists(made.library, made.library.table, Recipes(tmp_path))
    applied = Tagger(made.library, playlists, tmp_path, jobs).apply("genre")
    assert applied.predicted == 40 == sum(applied.counts.values())
    stored = made.library.models.predictions(model="tagger:genre")
    assert len(stored) == 40 and {p.version for p in stored} == {report.trained_at}
    assert all(sum(p.scores.values()) == pytest.approx(1, abs=1e-4) for p in stored)
    right = [
        max(p.scores, key=lambda name, p=p: p.scores[name]) == made.styles[p.content_hash] for p in stored
    ]
    assert np.mean(right) >= 0.9

    table = with_model_results(made.library, made.library.table())
    assert list(table["genre"]) == list(before)  # tags stay the user's
    untagged = np.array([genre is None for genre in table["genre"]])
    assert all(name is not None for name in table["predicted_genre"][untagged])
    assert all(name is None for name in table["predicted_genre"][~untagged])
    assert np.isfinite(table["predicted_genre_probability"][untagged]).all()


def test_shuffled_labels_are_learned_to_chance(styled: Fill, tmp_path: Path) -> None:
    made = styled(artists=30)
    generator = np.random.default_rng(5)
    contents = sorted(made.styles)
    shuffled = dict(
        zip(contents, generator.permutation([made.styles[c] for c in contents]).tolist(), strict=True)
    )
    report = tagger.train(made.library, "genre", folder=tmp_path, labels=shuffled, epochs=15)
    for scores in report.scores.values():
        assert scores.balanced_accuracy == pytest.approx(0.25, abs=0.15)


def test_splits_share_no_artist_and_no_album_and_hold_every_class(styled: Fill) -> None:
    made = styled(artists=5)
    table, _ = tagger_inputs(made.library)
    examples = collect(table, labels_of(made.library, "genre", table=table))
    labeled = [place for place, label in enumerate(examples.labels) if label is not None]
    names = sorted(set(made.styles.values()))
    targets = np.array([names.index(str(examples.labels[place])) for place in labeled])
    for seed in range(5):
        split = grouped_split(targets, examples.groups[labeled], seed=seed)
        artists = [{made.artists[examples.contents[labeled[at]]] for at in part} for part in split]
        assert not artists[0] & artists[1] and not artists[0] & artists[2] and not artists[1] & artists[2]
        assert sum(map(len, split)) == len(labeled)
        assert all(set(targets[part]) == {0, 1, 2, 3} for part in split)
        assert len(split.train) > max(len(split.validate), len(split.test))


def test_a_shared_album_ties_artists_together(styled: Fill) -> None:
    made = styled(styles=2, artists=3, tracks=2)
    table = made.library.table()
    table.columns["album"][:] = None
    table.columns["album"][[0, 2]] = "Split EP"
    table.columns["album_artist"][[0, 2]] = "Both"
    groups = collect(table, {}).groups
    assert groups[0] == groups[1] == groups[2] == groups[3] and groups[4] not in groups[:4]


def test_too_few_examples_are_refused_with_what_is_needed(styled: Fill, tmp_path: Path) -> None:
    made = styled(styles=3, artists=2, tracks=6)
    with pytest.raises(ModelError, match=r"10 tracks by 3 artists.*style 0: tracks of 2 artists"):
        tagger.train(made.library, "genre", folder=tmp_path / "taggers")
    assert not (tmp_path / "taggers").exists()
    with pytest.raises(ModelError, match="no label yet"):
        tagger.train(made.library, "mood", folder=tmp_path)


def test_an_empty_library_is_refused(library, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ModelError, match="No track is analyzed"):
        tagger.train(library, "genre", folder=tmp_path)


def test_rare_classes_are_left_out_and_reported(styled: Fill, tmp_path: Path) -> None:
    made = styled(styles=3, artists=6)
    labels = {
        content: ("rare" if content.startswith("020000") else style) for content, style in made.styles.items()
    }
    report = tagger.train(made.library, "genre", folder=tmp_path, labels=labels, epochs=2)
    assert "rare" not in report.classes and "6 tracks of the 10" in report.left_out["rare"]
    assert any("rare" in message for message in report.messages)


def test_same_seed_same_network(styled: Fill, tmp_path: Path) -> None:
    made = styled(styles=2, artists=5)
    reports = [
        tagger.train(made.library, "genre", folder=tmp_path / str(n), seed=seed, epochs=2)
        for n, seed in enumerate((7, 7, 8))
    ]
    assert reports[0].history == reports[1].history != reports[2].history
    assert reports[0].scores == reports[1].scores


def test_the_baseline_is_used_unless_the_network_beats_it(styled: Fill, tmp_path: Path) -> None:
    made = styled(styles=2, artists=5)
    report = tagger.train(made.library, "genre", folder=tmp_path, epochs=1)
    best = max(report.scores[kind].balanced_accuracy for kind in ("logistic", "neighbors"))
    assert (report.chosen == "network") == (report.scores["network"].balanced_accuracy > best)
    assert any("baseline" in message for message in report.messages)
    assert any("GPU" in message for message in report.messages)


def test_a_saved_network_gives_the_same_logits_and_is_not_pickled(styled: Fill, tmp_path: Path) -> None:
    made = styled(styles=2, artists=4)
    table, _ = tagger_inputs(made.library)
    examples = collect(table, made.styles)
    targets = np.array([int(label == "style 1") for label in examples.labels])
    network = Network.fit(examples.inputs, targets, (examples.inputs, targets), seed=0, epochs=3)
    network.save(tmp_path / "network.keras")
    again = Network.load(tmp_path / "network.keras")
    np.testing.assert_allclose(again.logits(examples.inputs), network.logits(examples.inputs), atol=1e-5)
    assert (tmp_path / "network.keras").read_bytes()[:2] == b"PK"
    (tmp_path / "network.keras").write_bytes(b"PK damaged")
    with pytest.raises(ModelError, match="train the tagger again"):
        Network.load(tmp_path / "network.keras")


def test_a_tagger_of_version_0_1_0_predicts_as_before(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    targets = np.arange(40) % 2
    inputs = (generator.normal(size=(40, 3)) + 2 * targets[:, None]).astype(np.float32)
    vote = NeighborVote.fit(inputs, targets, seed=0)
    card = {"label": "mood", "classes": ["calm", "wild"], "temperature": 1.0, "inputs": "analysis 1"}
    save(tmp_path, vote, card | {"chosen": "neighbours"})
    again = load(tmp_path, "mood")
    assert again.card["chosen"] == "neighbors"
    np.testing.assert_array_equal(again.classifier.logits(inputs), vote.logits(inputs))


def test_damaged_files_and_foreign_inputs_are_refused(styled: Fill, tmp_path: Path) -> None:
    made = styled(styles=2, artists=5)
    report = tagger.train(made.library, "genre", folder=tmp_path, epochs=1)
    assert [card["label"] for card in tagger.taggers(tmp_path)] == ["genre"]
    with pytest.raises(ModelError, match="No tagger for mood"):
        load(tmp_path, "mood")
    with pytest.raises(ModelError, match="cannot name a tagger"):
        load(tmp_path, "../genre")
    contents = sorted(made.styles)
    made.library.models.save_embeddings(
        Embedding(c, "msd-musicnn-1", "1", "ab" * 32, np.ones(5, np.float32)) for c in contents
    )
    with pytest.raises(ModelError, match=r"analysis \d+ \+ msd-musicnn-1"):
        tagger.predict(made.library, "genre", folder=tmp_path)
    weights = Path(report.folder) / load(tmp_path, "genre").card["weights"]
    weights.write_bytes(weights.read_bytes() + b"x")
    with pytest.raises(ModelError, match="not the file"):
        load(tmp_path, "genre")


def test_embeddings_are_learned_from_too(styled: Fill, tmp_path: Path) -> None:
    made = styled(styles=2, artists=6, dimensions=4)
    generator = np.random.default_rng(1)
    labels = {content: str(generator.integers(2)) for content in made.styles}
    made.library.models.save_embeddings(
        Embedding(content, "msd-musicnn-1", "1", "ab" * 32, np.full(3, int(label) * 5.0, np.float32))
        for content, label in labels.items()
    )
    report = tagger.train(made.library, "genre", folder=tmp_path, labels=labels, epochs=2)
    assert report.dimensions == 7 and "msd-musicnn-1" in report.inputs
    assert report.scores["logistic"].balanced_accuracy == 1.0  # only the embedding can tell


def test_doubtful_tracks_name_the_mislabeled(styled: Fill, tmp_path: Path) -> None:
    made = styled(artists=12)
    labels = {content: style for content, style in made.styles.items() if not content.endswith("4")}
    wrong = {content for content in labels if content[2:6] in ("0000", "0005") and content.endswith("1")}
    labels |= {content: "style 0" if made.styles[content] != "style 0" else "style 1" for content in wrong}
    report = tagger.train(made.library, "genre", folder=tmp_path, labels=labels, epochs=4)
    paths = {f"/music/{content}.flac" for content in wrong}
    tested = [track for track in report.doubtful if track.path in paths]
    held_out = set(load(tmp_path, "genre").card["held_out"])
    assert {track.path for track in tested} == {f"/music/{c}.flac" for c in wrong & held_out}
    assert all(track.label != track.predicted for track in tested)


def test_labels_by_hand_playlists_ratings_and_csv(styled: Fill, tmp_path: Path) -> None:
    made = styled(styles=2, artists=2, tracks=2)
    library, contents = made.library, sorted(made.styles)
    library.ratings.label(contents[0], {"genre": "Corrected", "mood": "calm"})
    genres = labels_of(library, "genre")
    assert genres[contents[0]] == "Corrected" and genres[contents[1]] == "style 0"
    assert labels_of(library, "mood") == {contents[0]: "calm"}
    for content, stars in ((contents[1], 5), (contents[2], 1), (contents[3], 3)):
        library.ratings.rate(content, stars)
    assert labels_of(library, "rating") == {contents[1]: "liked", contents[2]: "disliked"}
    library.ratings.rate(contents[2], None)
    assert labels_of(library, "rating") == {contents[1]: "liked"}
    library.ratings.rate(contents[2], 2)
    sheet = tmp_path / "labels.csv"
    sheet.write_text(f"path,label\n/music/{contents[3]}.flac,Dub Techno\n/else.flac,x\n", encoding="utf-8")
    assert labels_of(library, "style", csv_file=sheet) == {contents[3]: "Dub Techno"}
    sheet.write_text("path,label\n/else.flac,x\n", encoding="utf-8")
    with pytest.raises(ModelError, match="labels no track"):
        labels_of(library, "style", csv_file=sheet)
    sheet.write_text("track,genre\n1,x\n", encoding="utf-8")
    with pytest.raises(ModelError, match="path"):
        labels_of(library, "style", csv_file=sheet)
    with pytest.raises(ModelError, match="cannot be read"):
        labels_of(library, "style", csv_file=tmp_path / "none.csv")


def test_spellings_of_a_genre_count_as_one(styled: Fill) -> None:
    made = styled(styles=1, artists=2, tracks=3)
    table = made.library.table()
    table.columns["genre"][:] = ["Trip Hop", "trip  hop", "Trip Hop", "", None, "TRIP HOP"]
    assert set(labels_of(made.library, "genre", table=table).values()) == {"Trip Hop"}
