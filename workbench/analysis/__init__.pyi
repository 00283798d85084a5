from .analyze_file import analyze_file as analyze_file
from .analyze_file import warm_up as warm_up
from .descriptors import DESCRIPTORS as DESCRIPTORS
from .features import VERSION as VERSION
from .features import TrackFeatures as TrackFeatures
from .features import stale as stale
from .own_descriptors import descriptor as descriptor
