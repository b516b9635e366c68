"""Whether a container is alive, and whether it is ready for requests."""

import pulumi_kubernetes as k8s

# `curl` alone succeeds on an HTTP 500 and waits longer than the probe's default timeout of 1 s.
_ANSWERS = ["curl", "--fail", "--silent", "--max-time", "4"]
_TIMEOUT_SECONDS = 5


def liveness(port: int) -> k8s.core.v1.ProbeArgs:
    """Restart a container that failed three times, asked every 30 s, first after 5 s."""
    return k8s.core.v1.ProbeArgs(
        exec_=_answers(port),
        initial_delay_seconds=5,
        period_seconds=30,
        timeout_seconds=_TIMEOUT_SECONDS,
        failure_threshold=3,
    )


def readiness(port: int) -> k8s.core.v1.ProbeArgs:
    """Send requests to a container that answers, asked every 10 s."""
    return k8s.core.v1.ProbeArgs(
        exec_=_answers(port), initial_delay_seconds=5, period_seconds=10, timeout_seconds=_TIMEOUT_SECONDS
    )


def postgres_ready(user: str, period_seconds: int) -> k8s.core.v1.ProbeArgs:
    """The database takes connections. https://www.postgresql.org/docs/current/app-pg-isready.html"""
    command = ["pg_isready", "--host", "127.0.0.1", "--username", user, "--timeout", "4"]
    return k8s.core.v1.ProbeArgs(
        exec_=k8s.core.v1.ExecActionArgs(command=command),
        initial_delay_seconds=5,
        period_seconds=period_seconds,
        timeout_seconds=_TIMEOUT_SECONDS,
        failure_threshold=3,
    )


def _answers(port: int) -> k8s.core.v1.ExecActionArgs:
    return k8s.core.v1.ExecActionArgs(command=[*_ANSWERS, f"http://localhost:{port}/"])
