"""The one component that every web service of the system is made with."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from apps.database import BUNDLE_KEY, PASSWORD_KEY, DatabaseAccess, access_to, bundle_of
from apps.database_jobs import DatabaseJobs, DatabaseJobsArgs, needs_jobs
from apps.declaration import Declaration
from apps.network_policy import service_network_policy
from apps.placement import Placement
from apps.pod import Image, PodArgs, pod_labels, pod_template
from apps.target_group_binding import SERVICE_PORT, Binding, BindingArgs, readiness_gate, target_group_binding
from infra.ca_bundle import read_bundle
from infra.database import Database
from infra.service_settings import AutoscalingSettings, ServiceSettings
from infra.shutdown import ShutdownTimes


@dataclass(frozen=True)
class TargetGroupArgs:
    """Where the balancer looks for the pods of a public service."""

    arn: pulumi.Input[str]
    vpc_id: pulumi.Input[str]
    balancer_cidrs: Sequence[pulumi.Input[str]]
    """The balancer's subnets: where its requests and health checks come from."""


@dataclass(frozen=True)
class WebServiceArgs:
    """What a web service is made of."""

    declaration: Declaration
    settings: ServiceSettings
    namespace: pulumi.Input[str]
    image: Image
    database_image: Image | None
    database_password: str | None
    """A secret."""
    server: Database | None
    """The stack's own; only a managed database is on it."""
    shutdown: ShutdownTimes
    rollout_seconds: int
    """How long `pulumi up` waits for all pods to be of the new version and ready."""
    placement: Placement
    target_group: TargetGroupArgs | None
    """Only for a service with host names."""
    further_bindings: Sequence[Binding]
    """What registers its pods elsewhere too; a pod is ready once it is healthy there as well."""
    cluster: pulumi.Resource
    waits_for: Sequence[pulumi.Resource]
    """What has to be there before the binding and the pods."""


class WebService(pulumi.ComponentResource):
    """A Deployment with its Service, network policy, disruption budget, autoscaler and target group binding."""

    def __init__(self, name: str, args: WebServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:apps:WebService", name, None, opts)
        self._prefix, self._args = name, args
        # What the cluster holds goes with the cluster: one that no longer answers blocks nothing then
        # (pulumi-kubernetes #2517). Not an option of this component, whose children would all inherit it.
        self._child = pulumi.ResourceOptions(parent=self, deleted_with=args.cluster)
        self._labels = pod_labels(args.declaration)

        account = k8s.core.v1.ServiceAccount(
            f"{name}-account",
            metadata=self._metadata(),
            automount_service_account_token=False,
            opts=self._child,
        )
        access = self._database_access()
        policy = k8s.networking.v1.NetworkPolicy(
            f"{name}-network-policy", metadata=self._metadata(), spec=self._network_policy(access), opts=self._child
        )
        jobs = self._database_jobs(account, access) if access else []
        self.service = self._service()
        binding = self._target_group_binding()
        deployment = self._deployment(account, access, waits_for=[policy, *jobs, *([binding] if binding else [])])
        k8s.policy.v1.PodDisruptionBudget(
            f"{name}-budget",
            metadata=self._metadata(),
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                max_unavailable=1,
                # Else a pod that never becomes ready would hold its node for ever.
                # https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
                unhealthy_pod_eviction_policy="AlwaysAllow",
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=self._labels),
            ),
            # Deleted for real, and before the nodes: where no other node is left, a budget would hold each of them
            # until EKS drains it by force. https://docs.aws.amazon.com/eks/latest/userguide/delete-managed-node-group.html
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.waits_for)),
        )
        if args.settings.autoscaling is not None:
            self._autoscaler(args.settings.autoscaling, deployment)
        self.image = pulumi.Output.from_input(args.image.reference)
        database = args.database_image
        self.database_image = None if database is None else pulumi.Output.from_input(database.reference)

        self.register_outputs({"image": self.image})

    def _metadata(
        self, name: str | None = None, annotations: dict[str, str] | None = None
    ) -> k8s.meta.v1.ObjectMetaArgs:
        """Stable names: what a person types, and what other objects refer to."""
        return k8s.meta.v1.ObjectMetaArgs(
            name=self._args.declaration.app if name is None else name,
            namespace=self._args.namespace,
            labels=self._labels,
            annotations=annotations,
        )

    def _network_policy(self, access: DatabaseAccess | None) -> k8s.networking.v1.NetworkPolicySpecArgs:
        target_group = self._args.target_group
        return service_network_policy(
            self._labels,
            self._args.settings.port,
            target_group.balancer_cidrs if target_group else (),
            (access.cidrs, access.port) if access and access.cidrs else None,
        )

    def _database_access(self) -> DatabaseAccess | None:
        """The password and whom to believe, under names that Pulumi makes up: another content has another name.

        So a change rolls the pods over, and those that still run keep what they were started with.
        """
        args, database = self._args, self._args.settings.database
        if database is None or args.database_password is None:
            return None
        unnamed = k8s.meta.v1.ObjectMetaArgs(namespace=args.namespace, labels=self._labels)
        secret = k8s.core.v1.Secret(
            f"{self._prefix}-database",
            metadata=unnamed,
            string_data={PASSWORD_KEY: pulumi.Output.secret(args.database_password)},
            opts=self._child,
        )
        file = bundle_of(database, args.server)
        if file is None:
            return access_to(database, args.server, secret.metadata.name, None)
        bundle = k8s.core.v1.ConfigMap(
            f"{self._prefix}-database-ca", metadata=unnamed, data={BUNDLE_KEY: read_bundle(file)}, opts=self._child
        )
        return access_to(database, args.server, secret.metadata.name, bundle.metadata.name)

    def _database_jobs(self, account: k8s.core.v1.ServiceAccount, access: DatabaseAccess) -> list[pulumi.Resource]:
        """What the pods wait for: a database that is as their image expects it."""
        args = self._args
        if not needs_jobs(args.settings) or args.database_password is None:
            return []
        made = DatabaseJobs(
            self._prefix,
            DatabaseJobsArgs(
                declaration=args.declaration,
                settings=args.settings,
                namespace=args.namespace,
                image=args.image,
                access=access,
                server=args.server,
                password=args.database_password,
                service_account=account.metadata.name,
                shutdown=args.shutdown,
                timeout_seconds=args.rollout_seconds,
                cluster=args.cluster,
                waits_for=args.waits_for,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        return made.jobs

    def _service(self) -> k8s.core.v1.Service:
        settings = self._args.settings
        return k8s.core.v1.Service(
            f"{self._prefix}-service",
            # Pulumi would wait for pods behind it, but the Deployment comes after it.
            metadata=self._metadata(self._args.declaration.service, annotations={"pulumi.com/skipAwait": "true"}),
            spec=k8s.core.v1.ServiceSpecArgs(
                type=settings.service_type,
                selector=self._labels,
                ports=[
                    k8s.core.v1.ServicePortArgs(
                        name="http", port=SERVICE_PORT, target_port=settings.port, protocol="TCP"
                    )
                ],
            ),
            opts=self._child,
        )

    def _target_group_binding(self) -> k8s.apiextensions.CustomResource | None:
        target_group = self._args.target_group
        if target_group is None:
            return None
        return target_group_binding(
            f"{self._prefix}-binding",
            BindingArgs(
                name=self._args.declaration.service,
                namespace=self._args.namespace,
                labels=self._labels,
                service=self.service.metadata.name,
                target_group_arn=target_group.arn,
                vpc_id=target_group.vpc_id,
            ),
            # Deleted for real, even with the cluster: its controller then takes the pods out of the target group.
            pulumi.ResourceOptions(parent=self, depends_on=list(self._args.waits_for)),
        )

    def _readiness_gates(self) -> list[str]:
        """Declared here, so that no webhook has to be alive for a pod to be made.

        https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/
        """
        own = [self._args.declaration.service] if self._args.target_group else []
        return [readiness_gate(name) for name in (*own, *(each.name for each in self._args.further_bindings))]

    def _deployment(
        self,
        account: k8s.core.v1.ServiceAccount,
        access: DatabaseAccess | None,
        waits_for: list[pulumi.Resource],
    ) -> k8s.apps.v1.Deployment:
        args = self._args
        autoscaled = args.settings.autoscaling is not None
        rollout = f"{args.rollout_seconds}s"
        return k8s.apps.v1.Deployment(
            f"{self._prefix}-deployment",
            metadata=self._metadata(),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=args.settings.initial_replicas,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=self._labels),
                strategy=_strategy(args.settings),
                template=pod_template(
                    PodArgs(
                        declaration=args.declaration,
                        settings=args.settings,
                        image=args.image,
                        database_image=args.database_image,
                        access=access,
                        service_account=account.metadata.name,
                        shutdown=args.shutdown,
                        placement=args.placement,
                        readiness_gates=self._readiness_gates(),
                    )
                ),
            ),
            opts=pulumi.ResourceOptions.merge(
                self._child,
                pulumi.ResourceOptions(
                    depends_on=[
                        self.service,
                        *args.waits_for,
                        *(binding.resource for binding in args.further_bindings),
                        *waits_for,
                    ],
                    # Pulumi waits to the end even for a rollout that has failed already.
                    # https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/await/deployment.go
                    custom_timeouts=pulumi.CustomTimeouts(create=rollout, update=rollout),
                    # The autoscaler owns the count from the moment it exists (pulumi-kubernetes #2491).
                    ignore_changes=["spec.replicas"] if autoscaled else None,
                ),
            ),
        )

    def _autoscaler(self, settings: AutoscalingSettings, deployment: k8s.apps.v1.Deployment) -> None:
        k8s.autoscaling.v2.HorizontalPodAutoscaler(
            f"{self._prefix}-autoscaler",
            metadata=self._metadata(),
            spec=k8s.autoscaling.v2.HorizontalPodAutoscalerSpecArgs(
                scale_target_ref=k8s.autoscaling.v2.CrossVersionObjectReferenceArgs(
                    api_version="apps/v1", kind="Deployment", name=deployment.metadata.name
                ),
                min_replicas=settings.min_replicas,
                max_replicas=settings.max_replicas,
                metrics=[
                    k8s.autoscaling.v2.MetricSpecArgs(
                        type="Resource",
                        resource=k8s.autoscaling.v2.ResourceMetricSourceArgs(
                            name="cpu",
                            target=k8s.autoscaling.v2.MetricTargetArgs(
                                type="Utilization", average_utilization=settings.cpu_percent
                            ),
                        ),
                    )
                ],
                behavior=k8s.autoscaling.v2.HorizontalPodAutoscalerBehaviorArgs(
                    scale_down=k8s.autoscaling.v2.HPAScalingRulesArgs(
                        stabilization_window_seconds=settings.scale_down_stabilization_seconds
                    )
                ),
            ),
            opts=self._child,
        )


def _strategy(settings: ServiceSettings) -> k8s.apps.v1.DeploymentStrategyArgs:
    """Roll over with a quarter missing and one extra at most; a database in the pod stops before it is replaced."""
    if settings.database is not None and settings.database.kind == "sidecar":
        return k8s.apps.v1.DeploymentStrategyArgs(type="Recreate")
    return k8s.apps.v1.DeploymentStrategyArgs(
        type="RollingUpdate",
        rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(max_unavailable="25%", max_surge=1),
    )
