"""The site that people see; it calls both back ends inside the cluster, over plain HTTP."""

from apps.declaration import Declaration
from apps.thoughts import THOUGHTS
from apps.users import USERS

FRONTEND = Declaration(
    app="frontend",
    service="frontend-service",
    repository="frontend",
    database_repository="frontend_db",
    environment={
        "THOUGHTS_BACKEND_URL": f"http://{THOUGHTS.service}",
        "USER_BACKEND_URL": f"http://{USERS.service}",
    },
)
