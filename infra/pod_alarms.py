"""Alarms of a service's pods: they find no place, they end again and again, or there cannot be more of them.

From Container Insights with enhanced observability, which the add-on `amazon-cloudwatch-observability` sends.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-enhanced-EKS.html
"""

from dataclasses import dataclass

import pulumi

from infra.alarms import FIVE_MINUTES, MINUTE, QUARTER_HOUR, Alarm, Metric

PODS = "ContainerInsights"

# A node takes about three minutes to come and a pod one to start (WARMUP_SECONDS in infra/scaling_policies.py): who
# waits longer waits for something that does not come by itself.
_PENDING_MINUTES = 15
# One restart is what restarts are for, and a rollout that fails is told by `pulumi up`; three are a circle.
_RESTARTS = 3


@dataclass(frozen=True)
class Workload:
    """A service's Deployment as Container Insights knows it.

    Attributes:
        service: its name in the stack file
        cluster: the cluster's name
        namespace: in Kubernetes
        deployment: the Deployment's name, which is "PodName" of all its pods
    """

    service: str
    cluster: pulumi.Input[str]
    namespace: str
    deployment: str

    def metric(self, name: str, statistic: str, period: int) -> Metric:
        """One of its metrics."""
        dimensions = {"ClusterName": self.cluster, "Namespace": self.namespace, "PodName": self.deployment}
        return Metric(PODS, name, dimensions, statistic, period)


# Everywhere here silence is not health: it means that nobody reports, and the alarm says INSUFFICIENT_DATA.


def pods_pending(workload: Workload) -> Alarm:
    """Some pod has waited for a node, or for its image, all the time."""
    return Alarm(
        name=f"{workload.service}-pods-pending",
        runbook="pods-pending",
        what=f"A pod of {workload.service} has not started for {_PENDING_MINUTES} minutes.",
        # 1 for each pod that waits, 0 for each that does not: the greatest of them is what counts.
        metrics={"pending": workload.metric("pod_status_pending", "Maximum", MINUTE)},
        comparison="GreaterThanThreshold",
        threshold=0,
        periods=_PENDING_MINUTES,
        breaching=_PENDING_MINUTES,
        missing="missing",
    )


def pods_restarting(workload: Workload) -> Alarm:
    """Containers end and are started again.

    The agent reports what has been added since it last looked, so the restarts of a time are the sum.
    https://github.com/open-telemetry/opentelemetry-collector-contrib/blob/main/receiver/awscontainerinsightreceiver/internal/stores/podstore.go
    """
    return Alarm(
        name=f"{workload.service}-pods-restarting",
        runbook="pods-restarting",
        what=f"Containers of {workload.service} were started again {_RESTARTS} times or more in 15 minutes.",
        metrics={"restarts": workload.metric("pod_number_of_container_restarts", "Sum", QUARTER_HOUR)},
        comparison="GreaterThanOrEqualToThreshold",
        threshold=_RESTARTS,
        periods=1,
        breaching=1,
        missing="missing",
    )


def pods_at_maximum(workload: Workload, max_replicas: int, minutes: int) -> Alarm:
    """The autoscaler has wanted all that it may for long: perhaps it would want more."""
    periods = minutes * MINUTE // FIVE_MINUTES
    return Alarm(
        name=f"{workload.service}-pods-at-maximum",
        runbook="pods-at-maximum",
        what=f"{workload.service} has run {max_replicas} pods, its maximum, for {minutes} minutes.",
        metrics={"desired": workload.metric("replicas_desired", "Minimum", FIVE_MINUTES)},
        comparison="GreaterThanOrEqualToThreshold",
        threshold=max_replicas,
        periods=periods,
        breaching=periods,
        missing="missing",
    )
