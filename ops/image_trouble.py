"""What a registry or the tool that talks to it says, in one line that a person can act on."""

import re

# What regctl's messages hold, and what that means; the first that fits counts.
_MEANINGS = (
    (
        r"unauthorized|no credentials|\[http 401\]",
        "the registry refuses user or password; log in with `python -m ops login`",
    ),
    (r"denied|forbidden|\[http 403\]", "the registry does not allow it to this user"),
    (r"no space left on device", "a disk is full"),
    (r"NAME_UNKNOWN|repository name not known", "there is no such repository; bring its stack up first"),
    (r"TAG_INVALID|ImageTagAlreadyExists|tag is immutable", "the tag exists already and cannot be moved"),
    (
        r"connection refused|no such host|i/o timeout|connection reset|network is unreachable|\": EOF",
        "it cannot be reached",
    ),
    (r"\[http 5\d\d\]", "the registry itself fails; its disk may be full"),
    (r"HTTP response to HTTPS client", "it speaks no TLS; allow that with `regctl registry set HOST --tls disabled`"),
    (r"x509:", "its certificate is not trusted; name its authority with `regctl registry set HOST --cacert`"),
)


class RegistryTrouble(Exception):  # noqa: N818  # what is said is what happened
    """A registry, or the way to it, did not do what it was asked; the text is one line."""


def words_of_trouble(about: str, said: str) -> str:
    """One line of what was asked and why it failed, the tool's own words at its end.

    Args:
        about: the image, repository or registry it was about
        said: what the tool wrote to standard error
    """
    # Log lines only announce what the last line says.
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("time=")]
    own = " ".join(" ".join(lines).split())
    for pattern, meaning in _MEANINGS:
        if re.search(pattern, said):
            return f"{about}: {meaning} ({own})"
    return f"{about}: {own}" if own else f"{about}: regctl failed and does not say why"
