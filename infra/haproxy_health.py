"""How the balancer in front learns that one HAProxy of the fleet is gone."""

from dataclasses import dataclass

from infra.haproxy_configuration import HEALTH_PATH


@dataclass(frozen=True)
class FrontHealthCheck:
    """The health check of the fleet's target group; times in seconds.

    The shortest interval that AWS takes, as a visitor whose request is sent to a dead HAProxy is told 502.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """

    path: str = HEALTH_PATH
    interval: int = 5
    timeout: int = 2
    unhealthy_threshold: int = 2
    healthy_threshold: int = 2

    @property
    def notices_dead_process_within(self) -> int:
        """Until nothing more is sent to a machine that lives and refuses: it died just after a good check."""
        return self.interval * self.unhealthy_threshold

    @property
    def notices_dead_machine_within(self) -> int:
        """Until nothing more is sent to a machine that answers nothing at all: the last check has to time out."""
        return self.notices_dead_process_within + self.timeout

    @property
    def sends_again_within(self) -> int:
        """Until a machine that is back gets its part again."""
        return self.interval * self.healthy_threshold
