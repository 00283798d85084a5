"""Sound tags: what networks hear, as values, words and conditions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from heard_library import HEARD, fill, hear

from workbench import Workbench
from workbench.analysis.sound_tags import ANY_VOICE, FAMILIES, SOUND_TAGS
from workbench.errors import QuerySyntaxError
from workbench.models.fetching.manifest import MSD_TAGS, MTT_TAGS
from workbench.models.sound_tag_values import sound_tag_values
from workbench.playlists.query.query_match import matching_rows
from workbench.store.library.records import Prediction


def matching(wb: Workbench, query: str) -> set[str]:
    table = wb.table()
    return set(table["title"][matching_rows(query, table)])


def values_of(wb: Workbench, name: str) -> dict[str, float]:
    table = wb.table()
    return dict(zip(table["title"], table.numbers(name).tolist(), strict=True))


def test_every_output_that_the_table_names_is_one_of_its_network() -> None:
    known = {"msd": MSD_TAGS.split(", "), "mtt": MTT_TAGS.split(", ")}
    for tag in SOUND_TAGS:
        assert tag.family in FAMILIES and (tag.msd or tag.mtt)
        assert set(tag.msd) <= set(known["msd"]) and set(tag.mtt) <= set(known["mtt"])
    assert set(ANY_VOICE) <= set(known["mtt"])
    assert len({tag.name for tag in SOUND_TAGS}) == len(SOUND_TAGS)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("piano > 0.5", {"Nocturne", "Piano Rag", "Ballad"}),
        ("voice = none", {"Nocturne", "Piano Rag", "Warehouse"}),
        ("voice:female", {"Ballad"}),
        ("voice male", {"Stadium"}),
        ("style = jazz, techno", {"Piano Rag", "Warehouse"}),
        ("style != rock", {"Nocturne", "Piano Rag", "Ballad", "Warehouse"}),
        ("mood:calm and piano > .5", {"Nocturne", "Ballad"}),
        ("era = 80s", {"Stadium"}),
        ("instrument ~ gui", {"Stadium"}),
        ("calm_rank > 0.8 or happy_rank > 0.8", {"Nocturne", "Piano Rag"}),
        ("piano > 0.5 and not voice = none", {"Ballad"}),
    ],
)
def test_filters(heard: Workbench, query: str, titles: set[str]) -> None:
    assert matching(heard, query) == titles


@pytest.mark.parametrize("library", ["heard", "unheard"])
def test_a_bare_word_is_still_looked_for_in_the_tags(library: str, request: pytest.FixtureRequest) -> None:
    wb = request.getfixturevalue(library)
    assert matching(wb, "piano") == matching(wb, "piano rag") == {"Piano Rag"}
    assert matching(wb, "rock") == {"Stadium"}
    assert matching(wb, "mood indigo") == set()


def test_what_no_network_has_heard_says_what_to_run(unheard: Workbench) -> None:
    for query in ("piano > 0.5", "voice = none", "mood:mellow", "calm_rank > .5"):
        with pytest.raises(QuerySyntaxError, match="run `workbench models get`"):
            matching(unheard, query)
    assert "piano" not in unheard.tracks.columns


def test_a_word_that_no_tag_has_gets_a_suggestion(heard: Workbench) -> None:
    with pytest.raises(QuerySyntaxError, match=r"'melow' is not a mood that is heard\. Did you mean mellow"):
        matching(heard, "mood = melow")
    with pytest.raises(QuerySyntaxError, match=r"no field 'pian'\. Did you mean piano"):
        matching(heard, "pian > 0.5")


def test_contradictory_words_are_decided_once(heard: Workbench) -> None:
    voices = np.array([list(values_of(heard, f"{name}_voice").values()) for name in ("no", "female", "male")])
    np.testing.assert_allclose(voices.sum(axis=0), 1, atol=1e-5)


def test_networks_add_to_each_other_and_one_is_enough() -> None:
    def output(names: str, **said: float) -> np.ndarray:
        return np.array([[said.get(name, 0.01) for name in names.split(", ")]])

    names = [tag.name for tag in SOUND_TAGS]
    nothing = np.full((1, 50), np.nan)
    rock = names.index("rock")
    both, msd, mtt, one, none = (
        sound_tag_values(*outputs)[0, rock]
        for outputs in (
            (output(MSD_TAGS, rock=0.8), output(MTT_TAGS, rock=0.7)),
            (output(MSD_TAGS, rock=0.8), nothing),
            (nothing, output(MTT_TAGS, rock=0.7)),
            (output(MSD_TAGS, rock=0.8), output(MTT_TAGS)),
            (nothing, nothing),
        )
    )
    assert both > one > 0.5 and msd > 0.5 and mtt > 0.5 and np.isnan(none)
    only_mtt = sound_tag_values(nothing, output(MTT_TAGS, rock=0.7))[0]
    assert np.isnan(only_mtt[names.index("jazz")])  # only the other network knows it


def test_a_silent_track_has_no_sound_tags(data_dir: Path) -> None:
    with Workbench(data_dir) as wb:
        fill(wb)
        assert values_of(wb, "piano")["Nocturne"] > 0.5
        for model in ("msd", "mtt"):
            silent = Prediction(f"{0:032d}", f"{model}-musicnn-free-1", "1", "hash", {})
            wb.library.models.save_predictions([silent])
        assert np.isnan(values_of(wb, "piano")["Nocturne"]) and values_of(wb, "piano")["Ballad"] > 0.5
        assert matching(wb, "piano < 2") == HEARD.keys() - {"Nocturne"}


def test_the_frame_has_values_and_words(heard: Workbench) -> None:
    row = heard.tracks.set_index("title").loc["Nocturne"]
    assert row["piano"] > 0.5 and row["voice"] == "none" and row["instrument"] == "piano"
    assert heard.tracks["piano"].dtype == np.float32
    assert len(heard.tracks) == len(HEARD)


def test_what_is_heard_later_joins_and_what_is_deleted_goes(data_dir: Path) -> None:
    with Workbench(data_dir) as wb:
        fill(wb, heard=False)
        for number, (title, (_, msd, mtt)) in enumerate(HEARD.items()):
            assert np.isnan(values_of(wb, "piano")[title])
            hear(wb, f"{number:032d}", msd, mtt)
            assert values_of(wb, "piano")[title] > 0
        wb.library.models.delete("mtt-musicnn-free-1")
        assert np.isnan(list(values_of(wb, "piano").values())).all()
        assert values_of(wb, "jazz")["Piano Rag"] > 0.5
