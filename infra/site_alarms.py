"""Alarms of what visitors meet: errors, slow answers, targets that are not well, a certificate that ends."""

import pulumi

from infra.alarms import DAY, FIVE_MINUTES, MINUTE, Alarm, Metric
from infra.observability_settings import ErrorSettings

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
BALANCERS = "AWS/ApplicationELB"
# https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html
CERTIFICATES = "AWS/CertificateManager"


def balancer_name(arn: str) -> str:
    """What CloudWatch calls a balancer: "the final portion of the load balancer ARN" from `app/` on."""
    return arn.split(":", 5)[-1].removeprefix("loadbalancer/")


def target_group_name(arn: str) -> str:
    """What CloudWatch calls a target group: "the final portion of the target group ARN", `targetgroup/` with it."""
    return arn.split(":", 5)[-1]


def balancer_metric(name: str, statistic: str, balancer: pulumi.Input[str], period: int = MINUTE) -> Metric:
    """A metric of a whole balancer."""
    return Metric(BALANCERS, name, {"LoadBalancer": balancer}, statistic, period)


def error_share(balancer: pulumi.Input[str], settings: ErrorSettings) -> Alarm:
    """Of a minute's requests so many per cent fail, in three minutes of five.

    A request that found no healthy target is answered by the balancer, and "not reflected" in RequestCount: so the
    balancer's own errors stand under the line too, and a site without any target has a share of 100 and not none.

    Errors are only reported "if there is a nonzero value", so what is missing is 0. And three of five, because the
    newest minute may not have arrived: filled with 0, it alone must not end an alarm.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax-functions-list
    """
    return Alarm(
        name="errors",
        runbook="errors",
        what=f"{settings.percent} % or more of the requests fail.",
        metrics={
            "requests": balancer_metric("RequestCount", "Sum", balancer),
            "unserved": balancer_metric("HTTPCode_ELB_5XX_Count", "Sum", balancer),
            "failed": balancer_metric("HTTPCode_Target_5XX_Count", "Sum", balancer),
        },
        helpers={"asked": "FILL(requests, 0) + FILL(unserved, 0)"},
        expression=(
            f"IF(asked >= {settings.minimum_requests}, 100 * (FILL(unserved, 0) + FILL(failed, 0)) / asked, 0)"
        ),
        comparison="GreaterThanOrEqualToThreshold",
        threshold=settings.percent,
        periods=5,
        breaching=3,
        # Never without data, since the expression fills it; a site that nobody asks has no errors.
        missing="notBreaching",
    )


def slow_answers(balancer: pulumi.Input[str], milliseconds: int) -> Alarm:
    """The slowest twentieth of the requests takes longer, in two of three times five minutes."""
    return Alarm(
        name="latency",
        runbook="latency",
        what=f"One request of twenty takes {milliseconds} ms or longer.",
        metrics={"slow": balancer_metric("TargetResponseTime", "p95", balancer, FIVE_MINUTES)},
        comparison="GreaterThanOrEqualToThreshold",
        threshold=milliseconds / 1000,
        periods=3,
        breaching=2,
        # Reported only where there were requests; none is not a slow one.
        missing="notBreaching",
    )


def unhealthy_targets(name: str, whose: str, balancer: pulumi.Input[str], target_group: pulumi.Input[str]) -> Alarm:
    """A target does not answer its health check, or there is none, for ten minutes.

    Longer than a pod takes to start or to be replaced, which is no matter for anybody.
    """
    return Alarm(
        name=f"{name}-targets",
        runbook="unhealthy-targets",
        what=f"A target of {whose} does not answer its health check, or none is left.",
        metrics={
            "unhealthy": Metric(
                BALANCERS,
                "UnHealthyHostCount",
                {"LoadBalancer": balancer, "TargetGroup": target_group},
                "Maximum",
                MINUTE,
            )
        },
        comparison="GreaterThanThreshold",
        threshold=0,
        periods=10,
        breaching=10,
        # Reported as long as "there are registered targets": silence is a group without any.
        missing="breaching",
    )


def certificate_expiry(arn: pulumi.Input[str], days: int) -> Alarm:
    """The certificate ends in fewer days: ACM could not renew it."""
    return Alarm(
        name="certificate",
        runbook="certificate",
        what=f"The certificate ends in less than {days} days and was not renewed.",
        metrics={"left": Metric(CERTIFICATES, "DaysToExpiry", {"CertificateArn": arn}, "Minimum", DAY)},
        comparison="LessThanThreshold",
        threshold=days,
        periods=1,
        breaching=1,
        # "ACM stops publishing this metric after a certificate expires": then the alarm has long been on and stays on.
        # As breaching it would also be on for the first hours of a new certificate.
        missing="ignore",
    )
