"""Certificate authorities that a database's clients believe, read from a file of the project."""

import ssl
from pathlib import Path

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
    try:
        ssl.create_default_context(cadata=text)
    except (ssl.SSLError, ValueError):
        return "holds no certificate, or a broken one"
    return None
