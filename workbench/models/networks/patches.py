"""Cut a stream at 16 kHz into windows of whole patches, so that a 10-hour file needs the memory of one window.

Essentia centers its frames: frame *i* of a signal is around sample ``i * frame_hop``, and the first frame starts before
the signal, with zeros. In a window from the middle of a signal, that first frame is wrong, and only the first patch
contains it. So each window begins at the last patch of the window before, and that patch is dropped. The other patches
are, bit for bit, those that Essentia gives for the whole signal at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.models.networks.published import Front

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """A part of a signal, the new patches in it, and whether the signal ends with it.

    ``stop`` is ``None`` in the last window, in which every patch that fits counts.
    """

    samples: Samples
    start: int
    stop: int | None


class PatchWindows:
    """Collects samples and returns windows of up to ``patches`` patches.

    Parameters
    ----------
    front : Front
    patches : int, optional
        Patches per window, at least 2; by default, the number in the front.
    """

    def __init__(self, front: Front, patches: int | None = None) -> None:
        self._patches = patches or front.window
        self._step = (self._patches - 1) * front.patch_hop * front.frame_hop
        patch_samples = (front.patch + 1) * front.frame_hop + front.frame
        self._length = self._step + patch_samples
        self._held: list[Samples] = []
        self._held_samples = 0
        self._start = 0

    def push(self, samples: Samples) -> Iterator[Window]:
        """Add samples, shape (n,), and return the windows that are complete."""
        self._held.append(samples)
        self._held_samples += len(samples)
        while self._held_samples > self._length:
            signal = np.concatenate(self._held)
            yield Window(signal[: self._length], self._start, self._patches)
            self._start = 1
            rest = signal[self._step :].copy()
            self._held, self._held_samples = [rest], len(rest)

    def finish(self) -> Window:
        """Return the remaining windows, after the last :meth:`push`."""
        signal = np.concatenate(self._held) if self._held else np.zeros(0, np.float32)
        return Window(signal, self._start, None)
