"""Certificate authorities that a database's clients believe, read from a file of the project."""

import re
import ssl
from pathlib import Path

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_PROJECT = Path(__file__).resolve().parent.parent


def read_bundle(file: str) -> str:
    """The text of a file that `bundle_problem` has found nothing wrong with."""
    return (_PROJECT / file).read_text()


def bundle_problem(file: str) -> str | None:
    """What keeps a file from being a bundle of certificates, in words; None where nothing does."""
    try:
        text = read_bundle(file)
    except FileNotFoundError:
        return "does not exist"
    except (OSError, UnicodeDecodeError):
        return "cannot be read"
    if "PRIVATE KEY" in text:
        return "holds a private key"
    # Around its certificates a bundle may say what it likes; without any, Python would take the machine's own.
    certificates = "\n".join(_CERTIFICATE.findall(text))
    try:
        certificates.encode("ascii")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificates)
    except (ssl.SSLError, ValueError):
        return "holds no certificate, or a broken one"
    return None
