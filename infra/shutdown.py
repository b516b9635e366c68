"""How a pod leaves without losing a request: every time that plays a part, derived from one setting.

A pod that is told to stop is still sent new requests until the balancer knows of it, and still works on old ones
until the balancer has drained it. So it goes on serving through both, and only then is it stopped.
https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1719 and /issues/2366 tell what happens else.
"""

from dataclasses import dataclass

# From a pod's deletion to the balancer sending it nothing new: the controller's reconcile and the balancer's own
# propagation. People report a few seconds, up to ten under load (issue 1719 above).
PROPAGATION_SECONDS = 10
# A web server with its requests done stops at once; this is for one that does not.
STOP_SECONDS = 10


@dataclass(frozen=True)
class ShutdownTimes:
    """All times in seconds, from `slipway:drainSeconds`: how long a request under way may take to end."""

    drain: int

    @property
    def deregistration_delay(self) -> int:
        """How long the balancer lets a leaving target finish.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
        """
        return self.drain

    @property
    def pre_stop(self) -> int:
        """How long the container goes on before it is told to stop: until the balancer has let go of it."""
        return PROPAGATION_SECONDS + self.deregistration_delay

    @property
    def termination_grace_period(self) -> int:
        """When the pod is killed. It counts from the deletion, so the preStop time is part of it.

        https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
        """
        return self.pre_stop + STOP_SECONDS

    @property
    def idle_timeout(self) -> int:
        """How long the balancer keeps an unused connection to a target.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
        """
        return self.drain

    @property
    def keep_alive(self) -> int:
        """How long the container keeps one: longer than the balancer, or it closes one just as a request arrives.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html (502)
        """
        return self.idle_timeout + 5
