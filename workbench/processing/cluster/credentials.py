"""TLS credentials of a cluster: only programs that have them can run code on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.whole_file import whole_file

CERTIFICATE_NAME = "scheduler-certificate.pem"
KEY_NAME = "scheduler-key.pem"


@dataclass(frozen=True)
class Credentials:
    """A self-signed certificate and its key, as PEM text or as paths of PEM files."""

    certificate: str
    key: str

    @classmethod
    def temporary(cls) -> Credentials:
        """Make new credentials in memory, valid for a year."""
        from distributed.security import Security

        security = Security.temporary()  # type: ignore[no-untyped-call]
        return cls(security.tls_client_cert, security.tls_client_key)

    def save(self, folder: Path) -> Credentials:
        """Write certificate and key into ``folder``, readable only by their owner; return their paths."""
        paths = folder / CERTIFICATE_NAME, folder / KEY_NAME
        for path, text in zip(paths, (self.certificate, self.key), strict=True):
            write_private(path, text)
        return Credentials(str(paths[0]), str(paths[1]))

    def security_fields(self) -> dict[str, Any]:
        """Return the arguments of ``distributed.security.Security``, with the same pair for every role."""
        fields: dict[str, Any] = {"require_encryption": True, "tls_ca_file": self.certificate}
        for role in ("client", "scheduler", "worker"):
            fields |= {f"tls_{role}_cert": self.certificate, f"tls_{role}_key": self.key}
        return fields


def write_private(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in one step, with mode 0600 from the start.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, mode=0o600) as unfinished:
        unfinished.write_text(text)
