"""Which services have a declaration of their own; any other key under `slipway:services` gets the default one."""

from apps.declaration import Declaration, default_declaration
from apps.frontend import FRONTEND
from apps.thoughts import THOUGHTS
from apps.users import USERS

_DECLARATIONS = {"frontend": FRONTEND, "thoughts": THOUGHTS, "users": USERS}


def declaration_of(name: str) -> Declaration:
    """The fixed part of the service with this key."""
    return _DECLARATIONS[name] if name in _DECLARATIONS else default_declaration(name)
