"""Compare the files of one recording, and explain which one is best and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from workbench.readable import clock

if TYPE_CHECKING:
    from workbench.store.library.track import Track

_LOSSLESS = frozenset(
    {".aif", ".aiff", ".aifc", ".ape", ".au", ".bwf", ".caf", ".dff", ".dsf", ".fla", ".flac"}
) | {*(".rf64", ".shn", ".tak", ".tta", ".w64", ".wav", ".wave", ".wv")}
# AAC in an .m4a ends at 320 kbit/s, Apple Lossless begins at about 400: by convention, not measured.
_MAYBE_LOSSLESS, _LOSSLESS_KBIT_S = frozenset({".m4a", ".mp4", ".mov"}), 400
# Less is padding by an encoder, or a pause.
_SHORTER_S = 2.0
_SHORTER_SHARE = 0.03
_TAGS = ("title", "artist", "album", "album_artist", "genre", "year", "track_number")


@dataclass(frozen=True)
class CopyQuality:
    """The criteria that decide between files of one recording, the most important first.

    Attributes
    ----------
    missing_s : float
        How much shorter than the longest file, 0 for pauses and padding.
    rate_hz : int
        0 for lossy files, whose encoder decides how much of the bandwidth is used.
    """

    truncated: bool
    missing_s: float
    lossless: bool
    channels: int
    rate_hz: int
    kbit_s: int
    tags: int

    @classmethod
    def of(cls, track: Track, longest_s: float) -> CopyQuality:
        """Return the criteria of a track, given the sounding seconds of the longest file of the recording."""
        duration = track.duration_s or 0.0
        kbit_s = round((track.size_bytes or 0) * 8 / 1000 / duration) if duration else 0
        missing = longest_s - sounding_s(track)
        lossless = _is_lossless(track.path, kbit_s)
        return cls(
            truncated=bool(track.features.get("truncated")),
            missing_s=missing if missing > max(_SHORTER_S, _SHORTER_SHARE * longest_s) else 0.0,
            lossless=lossless,
            channels=int(track.features.get("channels") or 0),
            rate_hz=int(track.features.get("sample_rate_hz") or 0) if lossless else 0,
            kbit_s=kbit_s,
            tags=sum(1 for name in _TAGS if getattr(track, name)),
        )

    def order(self) -> tuple[float, ...]:
        """Return a sort key; the best file has the smallest."""
        return (
            self.truncated,
            self.missing_s,
            not self.lossless,
            -self.channels,
            -self.rate_hz,
            -self.kbit_s,
            -self.tags,
        )

    def better_in(self, other: CopyQuality) -> list[str]:
        """Return why this file is better than another, as words that follow "which is"."""
        both_lossy = not self.lossless and not other.lossless
        reasons = (
            (other.truncated > self.truncated, "not cut short"),
            (other.missing_s > self.missing_s, f"{clock(other.missing_s - self.missing_s)} longer"),
            (self.lossless > other.lossless, f"lossless ({_bit_rate(other.kbit_s)} here)"),
            (self.channels > other.channels, f"in {self.channels} channels ({other.channels} here)"),
            (
                other.lossless and self.rate_hz > other.rate_hz,
                f"sampled at {self.rate_hz / 1000:g} kHz ({other.rate_hz / 1000:g} kHz here)",
            ),
            (
                self.kbit_s > 1.05 * other.kbit_s and (both_lossy or self.rate_hz == other.rate_hz),
                f"of {_bit_rate(self.kbit_s)} ({_bit_rate(other.kbit_s)} here)",
            ),
            (self.tags > other.tags, "tagged more fully"),
        )
        return [words for holds, words in reasons if holds]


def sounding_s(track: Track) -> float:
    """Return the duration of a track without the silence before and after the music."""
    silence = (track.features.get(name) or 0.0 for name in ("leading_silence_s", "trailing_silence_s"))
    return (track.duration_s or 0.0) - sum(silence)


def _is_lossless(path: str, kbit_s: int) -> bool:
    suffix = PurePath(path).suffix.lower()
    return suffix in _LOSSLESS or (suffix in _MAYBE_LOSSLESS and kbit_s >= _LOSSLESS_KBIT_S)


def _bit_rate(kbit_s: int) -> str:
    return f"{kbit_s:,} kbit/s"
