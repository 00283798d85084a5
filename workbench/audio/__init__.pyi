from .demo.style_library import make_style_library as make_style_library
from .streaming_loader import open_audio as open_audio
