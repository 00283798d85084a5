"""Cut a stream at 16 kHz into windows of whole patches, so that a 10-hour file needs the memory of one window.

Essentia centers its frames: frame *i* of a signal is around sample ``i * frame_hop``, and the first reaches before
the start, where it sees zeros. In a window cut from the middle of a signal that first frame is wrong, and it belongs
to the first patch alone. So each window begins at the last patch of the window before and that patch is thrown away:
what remains is, bit for bit, what Essentia gives for the whole signal at once.
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
    """A stretch of signal, the patches of it that are new, and whether the signal ends with it.

    ``stop`` is ``None`` in the last window: every patch that fits counts.
    """

    samples: Samples
    start: int
    stop: int | None


class PatchWindows:
    """Collects samples and gives windows of up to ``patches`` patches.

    Parameters
    ----------
    front : Front
    patches : int, optional
        Patches a window, at least 2; as many as the front says by default.
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
        """Add samples, shape (n,), and give the windows that are complete."""
        self._held.append(samples)
        self._held_samples += len(samples)
        while self._held_samples > self._length:
            signal = np.concatenate(self._held)
            yield Window(signal[: self._length], self._start, self._patches)
            self._start = 1
            rest = signal[self._step :].copy()
            self._held, self._held_samples = [rest], len(rest)

    def finish(self) -> Window:
        """Give the remaining windows; only after the last :meth:`push`."""
        signal = np.concatenate(self._held) if self._held else np.zeros(0, np.float32)
        return Window(signal, self._start, None)
