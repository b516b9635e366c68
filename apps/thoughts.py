"""The back end that keeps thoughts."""

from apps.declaration import Declaration

THOUGHTS = Declaration(
    app="thoughts-backend",
    service="thoughts-service",
    repository="thoughts_backend",
    database_repository="thoughts_backend_db",
)
