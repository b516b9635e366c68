"""A password as PostgreSQL keeps it, so that the password itself is in no statement and no server's log.

https://www.postgresql.org/docs/current/catalog-pg-authid.html (`rolpassword`), https://www.rfc-editor.org/rfc/rfc5802
"""

import hashlib
import hmac
from base64 import b64encode

# https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-SCRAM-ITERATIONS
_ITERATIONS = 4096
_SALT_BYTES = 16


def scram_verifier(password: str, role: str) -> str:
    """The SCRAM-SHA-256 verifier of a role's password, the same whenever it is asked for.

    A salt by chance would be another at every preview. This one is made from password and role at the cost of a whole
    hash, so it is no shorter way to the password than the verifier itself.

    Args:
        password: printable ASCII, which needs none of the preparation that other characters do
        role: whose password it is
    """
    salt = _hashed(password, f"slipway {role}".encode())[:_SALT_BYTES]
    salted = _hashed(password, salt)
    stored_key = hashlib.sha256(_keyed(salted, b"Client Key")).digest()
    server_key = _keyed(salted, b"Server Key")
    return f"SCRAM-SHA-256${_ITERATIONS}:{_text(salt)}${_text(stored_key)}:{_text(server_key)}"


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _ITERATIONS)


def _keyed(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
