"""The back end that knows users and logs them in."""

from apps.declaration import Declaration

USERS = Declaration(
    app="users-backend",
    service="users-service",
    repository="users_backend",
    database_repository="users_backend_db",
)
