"""Orders, transition costs, explanations and quality cards: the numbers are what they say."""

from __future__ import annotations

import itertools
from html.parser import HTMLParser

import numpy as np
import pytest

from workbench.analysis.tonality.camelot import camelot_code, camelot_name, key_name
from workbench.playlists import ORDERS, generate
from workbench.playlists.making.ordering import order_rows
from workbench.playlists.making.spacing import keep_apart
from workbench.playlists.sound.energy import energy, percentiles
from workbench.playlists.sound.transitions import tempo_cost, transition_costs


def total(table, rows):
    return float(transition_costs(table, np.asarray(rows)).total.sum())


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 2, 3, 25])
def test_an_order_keeps_the_tracks(table, order, size):
    plain = generate(table, "random", size=size, random_state=1)
    ordered = generate(table, "random", size=size, random_state=1, order=order)
    assert sorted(plain.track_ids) == sorted(ordered.track_ids)


def test_smooth_finds_the_best_order_of_a_few(table):
    rows = np.array([4, 90, 33, 120, 7, 200, 51])
    best = min(total(table, order) for order in itertools.permutations(rows))
    smooth = order_rows(table, rows, "smooth", rng=np.random.default_rng(0), keep_first=False)
    assert total(table, smooth) <= best * 1.02


def test_smooth_is_far_better_than_chance_and_keeps_the_seed_first(table):
    playlist = generate(table, "similarity", start=3, size=40, order="smooth")
    assert playlist.track_ids[0] == 3
    card = playlist.card
    assert card["better_than_random_percent"] == 100
    assert card["mean_transition"] < card["random_mean_transition"] - 3 * card["random_std_transition"]


def test_harmonic_order_has_less_key_and_tempo_change(table):
    plain = generate(table, "random", size=30, random_state=2)
    mixed = generate(table, "random", size=30, random_state=2, order="harmonic")
    cost = [transition_costs(table, np.array(p.track_ids) - 1).mixing.mean() for p in (plain, mixed)]
    assert cost[1] < cost[0] / 2


@pytest.mark.parametrize(("order", "sign"), [("ramp_up", 1), ("ramp_down", -1)])
def test_ramps_are_monotone_in_energy(table, order, sign):
    playlist = generate(table, "random", size=30, random_state=2, order=order)
    assert (np.diff(energy(table)[np.array(playlist.track_ids) - 1]) * sign >= 0).all()


def test_shuffle_spreads_artists(make_table):
    table = make_table(40, artist=["A"] * 10 + [f"B{i}" for i in range(30)])
    gaps = []
    for seed in range(10):
        tracks = generate(table, "random", size=40, random_state=seed, order="shuffle").track_ids
        gaps.append(np.diff([place for place, track in enumerate(tracks) if track <= 10]).min())
    assert min(gaps) >= 2


@pytest.mark.parametrize("names", ["aabbcc", "aaab", "aaabb", "abcabc", "aaaabcdefg"])
def test_artists_are_kept_apart_wherever_that_is_possible(names):
    def broken(order):
        return any(x == y for x, y in itertools.pairwise(order))

    possible = not all(broken(order) for order in itertools.permutations(names)) if len(names) < 8 else True
    arranged = [names[place] for place in keep_apart([(name,) for name in names], 1)]
    assert sorted(arranged) == sorted(names)
    assert broken(arranged) == (not possible)


def test_tempo_cost_knows_double_time():
    cost = tempo_cost(np.log2(np.array([1.0, 2.0, 0.5, 1.04, 1.5, 1.16])))
    assert cost == pytest.approx([0, 0.1, 0.1, np.log(1.04) / np.log(1.16), 1, 1])


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["8A", "08a", "A minor", "Am", "a min"], "8A"),
        (["8B", "C", "C major", "Cmaj"], "8B"),
        (["11A", "F#m", "F# minor", "Gb minor", "G♭ minor"], "11A"),
        (["3B", "C#", "Db major"], "3B"),
    ],
)
def test_keys_are_read_in_every_spelling(names, code):
    assert {camelot_name(camelot_code(name)) for name in names} == {code}


def test_key_names_are_the_inverse_of_codes():
    assert all(camelot_code(key_name(code)) == code for code in range(24))
    assert all(camelot_code(text) == -1 for text in (None, "", "13A", "0A", "H", "A flat", "8C"))


def test_energy_is_the_mean_of_percentile_ranks(make_table):
    table = make_table(
        4,
        loudness_lufs=[-20, -10, -15, np.nan],
        onset_rate_hz=[1, 3, 2, np.nan],
        spectral_flux=[1, 1, 1, np.nan],
    )
    assert percentiles(table, "loudness_lufs")[:3] == pytest.approx([1 / 6, 5 / 6, 1 / 2])
    assert energy(table)[:3] == pytest.approx(
        [(1 / 6 + 1 / 6 + 1 / 2) / 3, (5 / 6 + 5 / 6 + 1 / 2) / 3, 1 / 2]
    )
    assert np.isnan(energy(table)[3])


def test_explanations_are_real_numbers(table):
    playlist = generate(table, "similarity", start=17, size=5)
    for here, there in itertools.pairwise(playlist):
        why = here.explanation["next"]
        assert why["id"] == there.id
        rows = [here.id - 1, there.id - 1]
        parts = transition_costs(table, np.array(rows))
        assert why["cost"] == pytest.approx(float(parts.total[0]), abs=1e-4)
        step = table["loudness_lufs"][rows[1]] - table["loudness_lufs"][rows[0]]
        assert why["loudness_step_lu"] == pytest.approx(step, abs=0.01)
    shares = playlist[1].explanation["shares"]
    assert shares["with"] == 17
    assert shares["tempo"]["other_bpm"] == pytest.approx(table["bpm"][16], abs=0.01)
    assert shares["key"]["other_camelot"] == table["camelot"][16]


def test_the_card_measures_what_it_says(table):
    playlist = generate(table, "random", size=20, random_state=0)
    rows = np.array(playlist.track_ids) - 1
    costs = transition_costs(table, rows).total
    card = playlist.card
    assert card["mean_transition"] == pytest.approx(costs.mean(), abs=1e-4)
    assert card["worst_transition"]["position"] == costs.argmax()
    assert card["artists"] == len(set(table["artist"][rows]))
    assert card["tempo_curve"] == pytest.approx(table["bpm"][rows], abs=0.05)
    assert card["energy_curve"] == pytest.approx(energy(table)[rows], abs=1e-4)
    assert 0.8 < card["diversity"] < 1.2
    assert abs(card["random_mean_transition"] - card["mean_transition"]) < 5 * card["random_std_transition"]


def test_html_holds_no_markup_of_tags(make_table):
    table = make_table(3, title=["<script>x</script>"] * 3)
    html = generate(table, "random", size=3, random_state=0, name="<blink>")._repr_html_()
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
    parser.feed(html)
    assert "script" not in tags
    assert "blink" not in tags
    assert "table" in tags
