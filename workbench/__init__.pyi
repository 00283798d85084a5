from .analysis.features import TrackFeatures as TrackFeatures
from .playlists.playlist import Playlist as Playlist
from .session import Workbench as Workbench
from .settings import Settings as Settings
from .store.track import Track as Track

__version__: str
