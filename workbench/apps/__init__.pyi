from .dashboards.apps.library_app import LibraryApp as LibraryApp
from .dashboards.apps.map_app import MapApp as MapApp
from .dashboards.apps.performance_app import PerformanceApp as PerformanceApp
from .dashboards.apps.playlist_app import PlaylistApp as PlaylistApp
from .dashboards.apps.problems_app import ProblemsApp as ProblemsApp
from .dashboards.views.library_actions import details as details
from .dashboards.views.method_form import MethodForm as MethodForm
from .dashboards.views.page import facts_html as facts_html
from .dashboards.views.page import page as page
from .dashboards.views.page import page_html as page_html
from .dashboards.views.page import scores_html as scores_html
from .dashboards.views.performance_view import (
    advice_html as advice_html,
)
from .dashboards.views.performance_view import (
    impact_html as impact_html,
)
from .dashboards.views.performance_view import (
    processes_html as processes_html,
)
from .dashboards.views.track_view import TrackView as TrackView
