"""The property that defines each method."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbench.analysis.tonality.camelot import camelot_code
from workbench.playlists import METHODS, generate, generate_many
from workbench.playlists.sound.cluster_names import cluster_name, why_mixed
from workbench.playlists.sound.clusters import community_clusters
from workbench.playlists.sound.energy import energy
from workbench.playlists.sound.keys import relations
from workbench.playlists.sound.space import space_of

ARGUMENTS = {
    "similarity": {"start": 5},
    "cache_based": {"playlist": [1, 2, 3]},
    "fingerprint": {"history": [[1, 3], [2, 1]]},
    "alchemy": {"add": [3], "subtract": [9]},
    "path": {"start": 3, "end": 8},
    "journey": {"waypoints": [3, 8, 1]},
    "query": {"filter": "bpm 90-130"},
}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_same_recipe_gives_the_same_tracks_and_another_seed_is_free_to_differ(table, method):
    arguments = ARGUMENTS.get(method, {})
    first = generate(table, method, size=12, random_state=7, **arguments)
    again = generate(table, method, size=12, random_state=7, **arguments)
    assert first.to_dict() == again.to_dict()
    assert len(set(first.track_ids)) == len(first)
    assert len(first) == 12 or first.notes


@pytest.mark.parametrize(
    "method", ["random", "kmeans", "time_based", "tag_based", "harmonic", "radio", "mixed"]
)
def test_chance_comes_from_the_random_state_alone(table, method):
    lists = {tuple(generate(table, method, size=12, random_state=seed).track_ids) for seed in range(8)}
    assert len(lists) > 1


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_explains_every_track_and_measures_the_whole(table, method):
    playlist = generate(table, method, size=10, random_state=1, **ARGUMENTS.get(method, {}))
    assert all(track.explanation["details"].endswith(".") for track in playlist)
    lines = [track.explanation["text"] for track in playlist]
    assert all(line[0] == line[0].upper() and len(line) <= 80 and not line.endswith(".") for line in lines), (
        lines
    )
    assert all("next" in track.explanation for track in playlist.tracks[:-1])
    assert playlist.card["tracks"] == len(playlist)
    assert playlist.card["mean_transition"] <= playlist.card["worst_transition"]["cost"]


def test_similarity_is_the_exact_order_of_distances(table):
    playlist = generate(table, "similarity", start=17, size=30)
    distances = space_of(table).distances_from(16)
    assert playlist.track_ids == (np.argsort(distances)[:30] + 1).tolist()
    given = [track.explanation["distance"] for track in playlist]
    assert given == pytest.approx(np.sort(distances)[:30])
    assert given[0] == 0.0


def test_similarity_breaks_ties_by_id(make_table):
    vectors = np.zeros((40, 3))
    vectors[1:] = 1
    playlist = generate(make_table(40, vectors=vectors), "similarity", start=30, size=39)
    assert playlist.track_ids == [30, *(track for track in range(2, 41) if track != 30)]


def test_kmeans_finds_the_groups_there_are_and_names_them(make_table):
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], 40)
    vectors = rng.normal(size=(120, 6)) * 0.1 + np.eye(6)[group] * 10
    table = make_table(
        120,
        vectors=vectors,
        bpm=[(80, 120, 170)[g] for g in group],
        spectral_centroid_hz=[(3000, 1500, 500)[g] for g in group],
        camelot=[("8A", "3B", "11B")[g] for g in group],
        genre=[None] * 120,
    )
    names = set()
    for cluster in range(3):
        playlist = generate(table, "kmeans", clusters=3, cluster=cluster, size=40, random_state=0)
        assert len({group[track - 1] for track in playlist.track_ids}) == 1
        names.add(playlist.name)
    assert any("fast" in name and "dark" in name and "A major" in name for name in names), names
    assert any("slow" in name and "bright" in name and "A minor" in name for name in names), names


def test_kmeans_takes_a_cluster_that_is_large_enough_or_the_largest(make_table):
    group = np.array([0] * 30 + [1] * 20 + [2] * 4)
    table = make_table(54, vectors=np.eye(3)[group] * 10)
    for size, allowed in ((25, {0}), (15, {0, 1}), (40, {0})):
        chosen = [
            {
                group[track - 1]
                for track in generate(table, "kmeans", clusters=3, size=size, random_state=seed).track_ids
            }
            for seed in range(12)
        ]
        assert set.union(*chosen) == allowed
        assert all(len(groups) == 1 for groups in chosen)


def test_kmeans_takes_the_cluster_of_the_start_track(make_table):
    group = np.arange(60) % 2
    table = make_table(60, vectors=np.stack([group * 10.0, np.ones(60)], axis=1))
    playlist = generate(table, "kmeans", clusters=2, start=7, size=20, random_state=3)
    assert playlist.track_ids[0] == 7
    assert all(track % 2 == 1 for track in playlist.track_ids)


def test_hdbscan_finds_groups_that_are_apart(make_table):
    rng = np.random.default_rng(1)
    dense = np.concatenate([rng.normal(size=(30, 3)) * 0.05, rng.normal(size=(30, 3)) * 0.05 + 8])
    noise = rng.uniform(-20, 20, size=(20, 3))
    table = make_table(80, vectors=np.concatenate([dense, noise]))
    playlist = generate(table, "hdbscan", cluster=0, size=30, random_state=0)
    assert {(track - 1) // 30 for track in playlist.track_ids} in ({0}, {1})


def test_a_name_is_what_most_of_a_group_have_and_few_others(make_table):
    rng = np.random.default_rng(2)
    names = ("jazz", "piano", "no_voice", "happy")
    heard = np.where(np.arange(60)[:, None] < 20, [0.9, 0.8, 0.6, 0.1], [0.1, 0.2, 0.6, 0.1])
    numbers = {
        name: np.ones(60) for name in ("loudness_lufs", "onset_rate_hz", "spectral_flux", "danceability")
    }
    bpm = [*rng.uniform(60, 75, 20), *rng.uniform(90, 160, 40)]
    table = make_table(60, bpm=bpm, genre=[None] * 60, spectral_centroid_hz=[900] * 60, **numbers)
    table = replace(table, sound_tags=heard.astype(np.float32), sound_tag_names=names)
    assert set(cluster_name(table, np.arange(20)).split(" · ")) == {"jazz", "piano", "slow"}
    both = np.arange(0, 60, 2)
    assert cluster_name(table, both) == "mixed"
    assert "tempos, for example, go from 6" in why_mixed(table, both)


def test_communities_cover_the_library_and_no_community_has_most_of_it(make_table):
    table = make_table(200, dimensions=6)
    found = community_clusters(table, np.arange(200), 5, 0)
    sizes = np.bincount(found.labels[found.labels >= 0])
    assert (found.labels >= 0).mean() > 0.95 and len(sizes) >= 3 and sizes.max() < 100


def test_time_based_keeps_to_its_ranges(table):
    playlist = generate(table, "time_based", part="evening", size=10, random_state=1)
    rows = np.array(playlist.track_ids) - 1
    assert ((table["bpm"][rows] >= 90) & (table["bpm"][rows] <= 125)).all()
    assert ((energy(table)[rows] >= 0.35) & (energy(table)[rows] <= 0.70)).all()


def test_time_based_takes_other_ranges(table):
    playlist = generate(
        table,
        "time_based",
        part="night",
        bpm_min=150,
        bpm_max=175,
        energy_min=0,
        energy_max=1,
        size=10,
        random_state=1,
    )
    assert (table["bpm"][np.array(playlist.track_ids) - 1] >= 150).all()


def test_time_based_says_how_many_fit_and_fills_up_with_the_nearest(make_table):
    table = make_table(
        30,
        bpm=np.linspace(100, 160, 30),
        loudness_lufs=[np.nan] * 30,
        onset_rate_hz=[np.nan] * 30,
        spectral_flux=[np.nan] * 30,
    )
    playlist = generate(table, "time_based", part="night", size=10, random_state=0)
    assert sorted(playlist.track_ids) == list(range(1, 11))
    assert playlist.notes[0]["constraint"] == "part"
    assert playlist.notes[0]["got"] == 0


def test_tag_based_genre_looks_into_lists_of_genres(table):
    playlist = generate(table, "tag_based", tag="genre", value="soul", size=20, random_state=0)
    assert {table["genre"][track - 1] for track in playlist.track_ids} == {"Jazz; Soul"}


def test_tag_based_album_is_in_its_own_order(make_table):
    table = make_table(12, album=["One"] * 12, track_number=list(range(12, 0, -1)))
    assert generate(table, "tag_based", tag="album", value="one", size=12).track_ids == list(range(12, 0, -1))


def test_tag_based_decade_and_minimum(make_table):
    table = make_table(10, year=[1994, 1999, 1991, 2001, 1993, 1995, 1996, 1997, 1998, 1990])
    playlist = generate(table, "tag_based", tag="decade", minimum_tracks=5, size=9, random_state=0)
    assert sorted(playlist.track_ids) == [1, 2, 3, 5, 6, 7, 8, 9, 10]
    missing = generate(table, "tag_based", tag="decade", value="1890s", size=3, random_state=0, relax=True)
    assert missing.notes[0]["constraint"] == "value"
    assert len(missing) == 3


def test_feature_group_takes_the_thirds_asked_for(table):
    playlist = generate(
        table, "feature_group", tempo="high", energy="any", brightness="low", size=15, random_state=0
    )
    rows = np.array(playlist.track_ids) - 1
    assert (table["bpm"][rows] >= np.quantile(table["bpm"], 0.66)).all()
    assert (table["spectral_centroid_hz"][rows] <= np.quantile(table["spectral_centroid_hz"], 0.34)).all()


def test_cache_based_is_fresh_and_nearer_to_the_playlist_than_chance(table):
    model = generate(table, "similarity", start=9, size=10)
    fresh = generate(table, "cache_based", playlist=model, size=15, random_state=0)
    assert not set(fresh.track_ids) & set(model.track_ids)
    z = space_of(table).points.astype(np.float64)
    center = z[np.array(model.track_ids) - 1].mean(axis=0)
    distances = np.sqrt(((z - center) ** 2).mean(axis=1))
    assert distances[np.array(fresh.track_ids) - 1].mean() < np.quantile(distances, 0.2)


def test_fingerprint_gives_each_taste_its_share(make_table):
    rng = np.random.default_rng(2)
    group = np.arange(200) % 2
    table = make_table(200, vectors=rng.normal(size=(200, 4)) * 0.1 + group[:, None] * 10)
    playlist = generate(
        table, "fingerprint", history=[[1, 30], [3, 30], [2, 20]], tastes=2, size=40, random_state=0
    )
    even = sum(track % 2 == 1 for track in playlist.track_ids)
    assert even == 30
    assert not {1, 2, 3} & set(playlist.track_ids)


def test_fingerprint_reads_a_history_file(table, tmp_path):
    history = tmp_path / "history.csv"
    history.write_text(
        "artist,title,play_count\nArtist 4,Title 4,50\nArtist 5,Title 5,1\nNobody,Nothing,99\n"
    )
    playlist = generate(table, "fingerprint", history=str(history), tastes=1, size=5, random_state=0)
    assert playlist.parameters["history"] == [[5, 50.0], [6, 1.0]]
    nearest = space_of(table).distances_from(4)
    assert nearest[playlist.track_ids[0] - 1] <= np.quantile(nearest, 0.05)


def test_alchemy_moves_in_the_direction_asked(table):
    add, subtract = 10, 50
    plain = generate(table, "alchemy", add=[add], size=20, random_state=0)
    moved = generate(table, "alchemy", add=[add], subtract=[subtract], size=20, random_state=0)
    further = generate(table, "alchemy", add=[add], subtract=[subtract], strength=2, size=20, random_state=0)
    z = space_of(table).points.astype(np.float64)
    direction = z[add - 1] - z[subtract - 1]

    def progress(playlist):
        return float((z[np.array(playlist.track_ids) - 1] @ direction).mean())

    assert progress(plain) < progress(moved) < progress(further)
    assert not {add, subtract} & set(moved.track_ids)
    middle = (z[add - 1] + z[subtract - 1]) / 2
    assert all((z[track - 1] - middle) @ direction > 0 for track in moved.track_ids)
    everything = generate(
        table, "alchemy", add=[add], subtract=[subtract], strength=0, size=300, random_state=0
    )
    nearer = {int(track) for track in table.ids if (z[track - 1] - middle) @ direction > 0}
    assert set(everything.track_ids) == nearer - {add}


@pytest.mark.parametrize("size", [2, 3, 10, 50, 150])
def test_a_path_is_monotone_between_its_ends(table, size):
    playlist = generate(table, "path", start=3, end=8, size=size, random_state=0)
    z = space_of(table).points.astype(np.float64)
    direction = z[7] - z[2]
    progress = (z[np.array(playlist.track_ids) - 1] - z[2]) @ direction / (direction @ direction)
    assert len(playlist) == size
    assert (playlist.track_ids[0], playlist.track_ids[-1]) == (3, 8)
    assert (np.diff(progress) > 0).all()


def test_a_path_keeps_near_the_line(make_table):
    on_line = np.stack([np.linspace(0, 10, 50), np.zeros(50)], axis=1)
    off_line = np.add(on_line, [0, 5])
    table = make_table(100, vectors=np.concatenate([on_line, off_line]))
    playlist = generate(table, "path", start=1, end=50, size=30)
    assert max(playlist.track_ids) <= 50


def test_a_path_keeps_to_limits_and_still_arrives(table):
    playlist = generate(table, "path", start=3, end=8, size=12, max_per_artist=1, random_state=0)
    artists = [track.artist for track in playlist]
    assert len(set(artists)) == len(artists) == 12
    assert playlist.track_ids[-1] == 8


def test_a_journey_passes_its_waypoints_in_order(table):
    playlist = generate(table, "journey", waypoints="4,90,33,7", size=40, random_state=0)
    assert [track for track in playlist.track_ids if track in (4, 90, 33, 7)] == [4, 90, 33, 7]
    assert len(playlist) == 40
    assert len(set(playlist.track_ids)) == 40


def test_a_way_has_all_its_waypoints_however_few_tracks_are_asked(table):
    for method, arguments, waypoints in (
        ("path", {"start": 3, "end": 8}, [3, 8]),
        ("journey", {"waypoints": [4, 9, 7]}, [4, 9, 7]),
    ):
        playlist = generate(table, method, size=1, random_state=0, **arguments)
        assert playlist.track_ids == waypoints
        (note,) = playlist.notes
        assert (note["constraint"], note["asked"], note["got"]) == ("size", 1, len(waypoints))


@pytest.mark.parametrize("keys", ["strict", "wide"])
@pytest.mark.parametrize("seed", range(5))
def test_harmonic_never_clashes_and_bounds_the_tempo(table, keys, seed):
    playlist = generate(table, "harmonic", size=30, random_state=seed, max_tempo_change_percent=6, keys=keys)
    rows = np.array(playlist.track_ids) - 1
    codes = np.array([camelot_code(name) for name in table["camelot"][rows]])
    assert (relations(codes[:-1], codes[1:]) <= (2 if keys == "strict" else 5)).all()
    ratio = np.abs(np.diff(np.log2(table["bpm"][rows])))
    assert (np.minimum(ratio, np.abs(ratio - 1)) <= np.log2(1.06) + 1e-9).all()
    assert len(playlist) == 30


def test_harmonic_understands_double_time(make_table):
    table = make_table(4, bpm=[85, 170, 120, 171], camelot=["8A", "8A", "8A", "9A"])
    playlist = generate(table, "harmonic", start=1, size=3, random_state=0)
    assert set(playlist.track_ids) == {1, 2, 4}


def test_harmonic_backs_out_of_dead_ends(make_table):
    # after 1 comes 2, which is nearest and leads nowhere; only 3 leads on to 4 and 5
    table = make_table(
        5, bpm=[120] * 5, camelot=["1A", "12A", "2A", "3A", "4A"], vectors=[[0.0], [0.1], [5.0], [6.0], [7.0]]
    )
    playlist = generate(table, "harmonic", start=1, size=4, random_state=0)
    assert playlist.track_ids == [1, 3, 4, 5]


def test_harmonic_stops_rather_than_clash_and_says_after_what(make_table):
    table = make_table(6, bpm=[120] * 6, camelot=["1A", "1A", "2A", "7B", "8B", "7A"])
    playlist = generate(table, "harmonic", start=1, size=6, random_state=0)
    assert set(playlist.track_ids) == {1, 2, 3}
    assert {note["constraint"] for note in playlist.notes} == {"harmonic", "size"}
    assert next(note for note in playlist.notes if note["constraint"] == "size")["message"].startswith(
        "You asked for 6 tracks, but only 3 could be chosen"
    )


@pytest.mark.parametrize("shape", ["rise", "fall", "arc", "wave"])
def test_an_energy_curve_is_followed_within_tolerance(table, shape):
    playlist = generate(table, "curve", shape=shape, size=20, random_state=0)
    levels = energy(table)[np.array(playlist.track_ids) - 1]
    targets = [track.explanation["target"] for track in playlist]
    assert np.abs(levels - targets).max() <= 0.05
    assert not playlist.notes


def test_a_tempo_curve_goes_through_its_points(table):
    playlist = generate(table, "curve", feature="tempo", points=[90, 150, 100], size=21, random_state=0)
    bpm = table["bpm"][np.array(playlist.track_ids) - 1]
    wanted = np.interp(np.linspace(0, 2, 21), [0, 1, 2], [90, 150, 100])
    assert np.abs(bpm - wanted).max() <= 4


def test_a_curve_that_cannot_be_followed_says_by_how_much(make_table):
    table = make_table(20, bpm=np.linspace(100, 110, 20))
    playlist = generate(table, "curve", feature="tempo", points=[105, 140], size=10, random_state=0)
    assert playlist.notes[0]["constraint"] == "curve"
    bpm = table["bpm"][np.array(playlist.track_ids) - 1]
    worst = np.abs(bpm - np.linspace(105, 140, 10)).max()
    beyond = bpm[3:]  # from 117 BPM on nothing is in reach, so each time the fastest that is left
    assert beyond.tolist() == sorted(set(table["bpm"]) - set(bpm[:3]))[::-1][:7]
    assert playlist.notes[0]["got"] == pytest.approx(worst, abs=1e-3)


def test_radio_repeats_nothing_until_it_must_and_never_ends(make_table):
    table = make_table(15)
    playlist = generate(table, "radio", start=4, size=50, random_state=0)
    assert len(playlist) == 50
    for begin in range(0, 45, 15):
        assert len(set(playlist.track_ids[begin : begin + 15])) == 15


def test_query_takes_what_matches_and_else_the_nearest(table):
    playlist = generate(table, "query", filter="bpm 100-120 and genre house", size=5, random_state=0)
    rows = np.array(playlist.track_ids) - 1
    assert (
        (table["bpm"][rows] >= 100) & (table["bpm"][rows] <= 120) & (table["genre"][rows] == "House")
    ).all()
    none = generate(table, "query", filter="bpm 300-310", size=3, random_state=0, relax=True)
    fastest = set((np.argsort(-table["bpm"])[:3] + 1).tolist())
    assert set(none.track_ids) == fastest
    assert none.notes[0]["constraint"] == "filter"


def test_mixed_keeps_to_its_weights(table):
    playlist = generate(table, "mixed", weights="similarity:3,random:1", start=4, size=20, random_state=0)
    sources = [track.explanation["by_method"] for track in playlist]
    assert sources.count("similarity") == 15
    assert sources.count("random") == 5


def test_all_uses_every_method_that_can_run(table):
    playlist = generate(table, "all", size=20, random_state=0)
    assert len({track.explanation["by_method"] for track in playlist}) == 10


def test_generate_many_repeats_no_track_and_no_name(table):
    made = generate_many(table, "random", count=4, size=30, random_state=0)
    tracks = [track for playlist in made for track in playlist.track_ids]
    assert len(made) == 4
    assert len(set(tracks)) == len(tracks) == 120
    assert len({playlist.name for playlist in made}) == 4


def test_generate_many_kmeans_makes_a_playlist_a_cluster(table):
    made = generate_many(table, "kmeans", count=5, size=15, random_state=0)
    assert len(made) == 5
    assert len({playlist[0].explanation["cluster"] for playlist in made}) == 5


def test_generate_many_all_makes_one_with_every_method(table):
    made = generate_many(table, "all", size=8, random_state=0)
    assert len({playlist.method for playlist in made}) == len(made) == 10


def test_generate_many_takes_what_is_excluded_however_it_is_written(table):
    for exclude in (5, "5", [5], "5,6", "Title 4"):
        (made,) = generate_many(table, "similarity", start=4, size=299, exclude=exclude, random_state=0)
        assert 5 not in made.track_ids


def test_generate_many_stops_when_the_library_is_used_up(make_table):
    made = generate_many(make_table(10), "random", count=5, size=4, random_state=0)
    assert [len(playlist) for playlist in made] == [4, 4, 2]


def test_kmeans_on_a_small_library_makes_clusters_of_the_size_asked(make_table):
    assert len(generate(make_table(24), "kmeans", size=8, cluster=0, random_state=0)) >= 6


def test_harmonic_tries_other_openings(make_table):
    table = make_table(
        8, bpm=[120] * 8, camelot=["1A", "1A", "1A", "5A", "5A", "5A", "5B", "6A"], duration_s=[200] * 8
    )
    bpm = np.array([100.0, 130.0, 160.0, 120.0, 120.0, 120.0, 120.0, 120.0])
    table.columns["bpm"][:] = bpm
    for seed in range(6):
        assert len(generate(table, "harmonic", size=5, random_state=seed)) == 5


def test_a_track_outside_the_range_is_not_said_to_be_in_it(make_table):
    playlist = generate(make_table(12, bpm=[200.0] * 12), "time_based", part="night", size=3, random_state=0)
    assert all("nearest outside" in track.explanation["text"].lower() for track in playlist)
