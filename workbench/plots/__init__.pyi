from . import playlist_plots as playlist_plots
from . import tagger_plots as tagger_plots
from . import track_plots as track_plots
from .key_wheel import key_wheel as key_wheel
from .library_plots import library_overview as library_overview
from .library_plots import tempo_and_loudness as tempo_and_loudness
from .performance_plots import performance_history as performance_history
from .playlist_plots import playlist_curves as playlist_curves
