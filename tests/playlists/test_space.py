"""The space of sound: what is compared, on which scale, and what happens to tracks without an embedding."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import inv, sqrtm
from scipy.stats import norm, spearmanr

from workbench.playlists import generate
from workbench.playlists.sound.parts import judge
from workbench.playlists.sound.space import space_of
from workbench.store.library.library_table import LibraryTable


def clipped(values):
    off = values.astype(np.float64) - np.median(values, axis=0)
    return np.clip(off / (1.4826 * np.median(np.abs(off), axis=0)), -2, 2)


def evened(z):
    """Half of the way to whitening."""
    covariance = z.T @ z / len(z)
    size = len(covariance)
    shrunk = 0.95 * covariance + 0.05 * np.trace(covariance) / size * np.eye(size)
    return z @ inv(sqrtm(sqrtm(shrunk))).real


def between(z):
    return np.sqrt(((z[:, None] - z[None]) ** 2).sum(axis=-1))


def over_its_median(distances, count):
    return distances / np.median(distances[np.arange(count), np.roll(np.arange(count), count // 2)])


def mutual_proximity(distances):
    others = np.where(np.eye(len(distances), dtype=bool), np.nan, distances)
    mean, spread = np.nanmean(others, axis=1), np.nanstd(others, axis=1)
    nearer = norm.cdf((distances - mean[:, None]) / spread[:, None])
    return 1 - (1 - nearer) * (1 - nearer.T)


def with_embeddings(table, embeddings):
    return LibraryTable(table.version, table.ids, table.columns, table.vectors, np.float32(embeddings))


@pytest.fixture
def styles(make_table):
    """A hundred tracks of four styles, which the embedding tells apart and the sound vector hardly."""
    rng = np.random.default_rng(5)
    style = np.arange(100) % 4
    table = make_table(100, vectors=rng.normal(size=(100, 10)) + 0.3 * np.eye(4, 10)[style])
    heard = np.repeat(np.eye(4)[style], 5, axis=1)
    return with_embeddings(table, rng.normal(size=(100, 20)) + 4 * heard), style


def test_distances_are_the_fused_ones_by_mutual_proximity(make_table):
    rng = np.random.default_rng(5)
    vectors = np.float32(rng.normal(size=(100, 62)) @ rng.normal(size=(62, 62)))
    table = with_embeddings(make_table(100, vectors=vectors), rng.normal(size=(100, 20)))
    unit = clipped(table.embeddings)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    z = clipped(vectors)
    timbre, tonal, rhythm, dynamics = (
        between(evened(z[:, part])) for part in (slice(38), slice(38, 54), slice(54, 59), slice(59, 62))
    )
    parts = (0.348, timbre), (0.084, tonal), (0.084, rhythm), (0.084, dynamics), (0.4, between(unit))
    fused = np.sqrt(sum(weight * over_its_median(part, 100) ** 2 for weight, part in parts))
    expected = mutual_proximity(fused)
    np.fill_diagonal(expected, 0)
    space = space_of(table)
    found = np.stack([space.distances_from(row) for row in range(100)])
    assert found == pytest.approx(expected, abs=2e-3)
    assert np.stack([space.differences(space.at(row)) for row in range(100)]) == pytest.approx(
        fused, abs=1e-4
    )


def test_some_rows_are_as_far_as_among_all(styles):
    table, _ = styles
    space = space_of(with_embeddings(table, np.where(np.arange(100)[:, None] < 30, np.nan, table.embeddings)))
    few, most = np.array([5, 12, 99]), np.arange(1, 100)
    for row in (3, 40):
        assert (space.distances_from(row, few) == space.distances_from(row)[few]).all()
        assert (space.distances_from(row, most) == space.distances_from(row)[most]).all()


def test_near_copies_keep_their_digits_far_from_zero(make_table):
    rng = np.random.default_rng(3)
    vectors = (rng.normal(size=(300, 5)) * [1e-3, 1, 10, 1000, 1] + [1, 3000, -70, 0, 0]).astype(np.float32)
    vectors[:, 4] = 7.25
    vectors[1] = vectors[0]
    vectors[1, 3] += 0.5
    space = space_of(make_table(300, vectors=vectors))
    exact = np.linalg.norm((space.at(0) - space.at(1)).astype(np.float64))
    assert 0 < exact < 1e-3
    assert space.differences(space.at(0))[1] == pytest.approx(exact, rel=1e-5)
    assert space.distances_from(0)[0] == 0
    assert not np.isnan(space.points).any()


def test_a_track_without_an_embedding_leaves_the_others_as_they_were(styles):
    table, style = styles
    embeddings = table.embeddings.copy()
    embeddings[0] = np.nan
    whole, lacking = space_of(table), space_of(with_embeddings(table, embeddings))
    for row in (1, 50):
        agreement = spearmanr(whole.distances_from(row)[1:], lacking.distances_from(row)[1:])
        assert agreement.statistic > 0.99
    near = np.argsort(lacking.distances_from(1))[1:11]
    assert (style[near] == style[1]).mean() >= 0.5  # 0.25 by chance


def test_tracks_without_an_embedding_are_chosen_like_the_others(styles):
    table, _ = styles
    known = np.arange(100) % 2 == 0
    space = space_of(with_embeddings(table, np.where(known[:, None], table.embeddings, np.nan)))
    distances = np.stack([space.distances_from(row) for row in range(100)])
    np.fill_diagonal(distances, 2)
    near = np.argsort(distances, axis=1)[:, :10]
    for origin in (known, ~known):
        assert 0.3 < known[near[origin]].mean() < 0.7
    assert np.median(distances[known][:, known]) == pytest.approx(
        np.median(distances[known][:, ~known]), abs=0.1
    )
    by_sound = space_of(LibraryTable("v", table.ids, table.columns, table.vectors)).distances_from(1)
    assert spearmanr(distances[1][2:], by_sound[2:]).statistic > 0.99


@pytest.mark.parametrize(
    "method", ["similarity", "path", "alchemy", "fingerprint", "kmeans", "hdbscan", "radio"]
)
def test_every_method_works_where_some_embeddings_are_lacking(styles, method):
    table, _ = styles
    arguments = {
        "similarity": {"start": 1},
        "path": {"start": 1, "end": 60},
        "alchemy": {"add": [1, 60], "subtract": [9]},
        "fingerprint": {"history": [[1, 2], [60, 1]]},
    }
    known = np.arange(100) >= 30
    some = with_embeddings(table, np.where(known[:, None], table.embeddings, np.nan))
    playlist = generate(some, method, size=12, random_state=2, **arguments.get(method, {}))
    assert len(playlist) == 12 or playlist.notes
    assert all(np.isfinite(track.explanation.get("distance", 0)) for track in playlist)


def test_few_embeddings_are_left_out(styles):
    table, _ = styles
    few = with_embeddings(table, np.where(np.arange(100)[:, None] < 5, table.embeddings, np.nan))
    assert space_of(few).points.shape[1] == table.vectors.shape[1]


def test_what_many_numbers_say_counts_little_more_than_what_one_says(make_table):
    rng = np.random.default_rng(4)
    said_by_nine, said_by_one = rng.normal(size=(2, 500, 1))
    space = space_of(make_table(500, vectors=np.hstack([np.repeat(said_by_nine, 9, axis=1), said_by_one])))
    pairs = rng.integers(0, 500, (2, 4000))
    lengths = np.linalg.norm(space.points[pairs[0]] - space.points[pairs[1]], axis=1)
    nine, one = (
        spearmanr(lengths, np.abs(said[pairs[0], 0] - said[pairs[1], 0])).statistic
        for said in (said_by_nine, said_by_one)
    )
    assert 0.3 < one < nine < 0.95  # plain lengths: 0.19 and 0.95


def test_silent_files_do_not_squeeze_the_rest(make_table):
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(200, 6))
    silent = np.concatenate([vectors, np.full((2, 6), -1e5)])
    quiet, plain = space_of(make_table(202, vectors=silent)), space_of(make_table(200, vectors=vectors))
    assert quiet.points[:200].std(axis=0) == pytest.approx(plain.points.std(axis=0), rel=0.1)


def test_a_hub_is_not_everybodys_neighbor(make_table):
    rng = np.random.default_rng(7)
    vectors = rng.normal(size=(400, 60)) * rng.lognormal(sigma=0.3, size=(400, 1))
    space = space_of(make_table(400, vectors=vectors))

    def hub(distances):
        np.fill_diagonal(distances, np.inf)
        return np.bincount(np.argsort(distances, axis=1)[:, :10].ravel(), minlength=400).max()

    plain = np.stack([space.differences(space.at(row)) for row in range(400)])
    corrected = np.stack([space.distances_from(row) for row in range(400)])
    assert hub(corrected) < hub(plain) / 2


def test_a_distance_is_the_percentage_of_pairs_that_are_farther(table):
    space = space_of(table)
    pairs = np.concatenate([space.distances_from(row)[row + 1 :] for row in range(len(table))])
    for percent in (1, 25, 50, 90):
        assert space.closer_than_percent(np.percentile(pairs, percent)) == pytest.approx(100 - percent, abs=3)
    assert space.closer_than_percent([0.0, 1.1]).tolist() == [100, 0]


def test_tracks_that_are_not_nearer_than_chance_are_marked(make_table):
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(60, 20))
    vectors[:5] = 3 + 0.1 * rng.normal(size=(5, 20))
    playlist = generate(make_table(60, vectors=vectors), "similarity", start=1, size=10)
    near = [track.explanation["near"] for track in playlist.tracks[1:]]
    assert near == [True] * 4 + [False] * 5
    assert "Near Title 0: closer than " in playlist.tracks[1].explanation["details"]
    assert "Nothing closer to Title 0: closer than " in playlist.tracks[-1].explanation["details"]
    assert playlist.tracks[0].explanation["text"] == "The track you started from"
    assert playlist.tracks[1].explanation["text"].startswith("Sounds ")
    assert playlist.tracks[-1].explanation["text"].startswith("Nothing sounds closer")
    (note,) = playlist.notes
    assert note["constraint"] == "near" and note["message"].startswith("5 of 9 tracks are marked")


def test_one_space_needs_no_analyzed_track(make_table):
    table = make_table(3, vectors=np.full((3, 4), np.nan))
    assert np.isnan(space_of(table).distances_from(0)).all()
    assert np.isnan(space_of(table).closer_than_percent(np.nan))


def test_copies_do_not_count_as_neighbors_of_the_same_album(make_table):
    vectors = np.random.default_rng(3).normal(size=(40, 62))
    albums = [f"Album {number % 10}" for number in range(40)]
    once = judge(make_table(40, vectors=vectors, album=albums), {})
    twice = make_table(
        80,
        vectors=np.concatenate([vectors, vectors]),
        album=albums * 2,
        content_hash=[f"hash{number % 40}" for number in range(80)],
    )
    assert judge(twice, {}) == once
    assert once.tracks == 40 and once.hits < 0.5
