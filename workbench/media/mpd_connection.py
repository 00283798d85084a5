"""Connect to an MPD, with errors that name the server and say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from workbench.errors import MediaServerError
from workbench.media.mpd_address import MpdAddress
from workbench.readable import one_line

if TYPE_CHECKING:
    from mpd import MPDClient

_SHOWN = 200  # characters of an answer in a message; the server may be another program


@contextmanager
def connected(address: MpdAddress) -> Iterator[MPDClient]:
    """Lend a client that is connected and has sent its password; every failure in the block is translated.

    Raises
    ------
    MediaServerError
        The server cannot be reached, is too slow, or refuses something.
    """
    import mpd

    from workbench.media.bounded_mpd import BoundedMpdClient

    client = BoundedMpdClient(address)
    try:
        client.connect(address.host, None if address.is_socket else address.port)
        if address.password:
            client.password(address.password)
        yield client
    except (mpd.MPDError, OSError, UnicodeError) as error:
        raise _translated(address, error) from error
    finally:
        with suppress(mpd.MPDError, OSError):
            client.disconnect()


def refused(error: Any, *kinds: str) -> bool:
    """Whether MPD refused a command for one of these reasons, such as ``NO_EXIST``."""
    return getattr(getattr(error, "errno", None), "name", "") in kinds


def _translated(address: MpdAddress, error: Exception) -> MediaServerError:
    if refused(error, "PERMISSION", "PASSWORD"):
        text = (
            f"{address} does not allow this: {_reason(error)}. Give the password as MPD_HOST=PASSWORD@HOST, and see "
            "default_permissions in mpd.conf."
        )
    elif refused(error, "PLAYLIST_MAX"):
        text = f"{address} refused: {_reason(error)}. Ask for fewer tracks, or raise max_playlist_length in mpd.conf."
    elif getattr(error, "errno", None) is not None and not isinstance(error, OSError):
        text = f"{address} refused: {_reason(error)}."
    elif TimeoutError in (type(error), type(error.__context__)):  # python-mpd2 hides one that ends a request
        text = f"{address} does not answer in time. Try again when it is idle, or raise MPD_TIMEOUT."
    else:
        text = f"{address} cannot be reached: {_reason(error)}. Start it, or give another address, such as mpd://HOST:6600."
    return MediaServerError(text, server=str(address))


def _reason(error: Exception) -> str:
    said = getattr(error, "msg", None) or getattr(error, "strerror", None) or str(error)
    return one_line(str(said)[:_SHOWN]).rstrip(".") or type(error).__name__
