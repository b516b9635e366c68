"""The pod of a web service: its containers, where it may run, and how it starts and leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from apps import probes
from apps.database import DatabaseAccess, sidecar_container
from apps.declaration import Declaration
from apps.placement import Placement
from apps.security import container_security, pod_security
from infra.database_settings import SidecarDatabaseSettings
from infra.service_settings import ServiceSettings
from infra.shutdown import ShutdownTimes


@dataclass(frozen=True)
class Image:
    """An image by its full registry URL, and when the node pulls it."""

    reference: pulumi.Input[str]
    pull_policy: str
    fingerprint: str
    """A few characters that tell it from another version, for names."""


@dataclass(frozen=True)
class PodArgs:
    """What a pod template is made of."""

    declaration: Declaration
    settings: ServiceSettings
    image: Image
    database_image: Image | None
    access: DatabaseAccess | None
    """To its database, where it has one."""
    service_account: pulumi.Input[str]
    shutdown: ShutdownTimes
    placement: Placement
    readiness_gates: Sequence[str]


def pod_labels(declaration: Declaration) -> dict[str, str]:
    """What selects the pods of a service; never more, since a Deployment's selector cannot change."""
    return {"app": declaration.app}


def pod_template(args: PodArgs) -> k8s.core.v1.PodTemplateSpecArgs:
    """The template that a Deployment makes pods from."""
    containers = [_service_container(args)]
    database = args.settings.database
    if isinstance(database, SidecarDatabaseSettings) and args.database_image and args.access:
        image = args.database_image
        containers.append(sidecar_container(database, image.reference, image.pull_policy, args.access.secret))
    tmp = k8s.core.v1.VolumeArgs(name="tmp", empty_dir=k8s.core.v1.EmptyDirVolumeSourceArgs())
    return k8s.core.v1.PodTemplateSpecArgs(
        metadata=k8s.meta.v1.ObjectMetaArgs(labels=pod_labels(args.declaration)),
        spec=k8s.core.v1.PodSpecArgs(
            service_account_name=args.service_account,
            automount_service_account_token=False,
            enable_service_links=False,
            security_context=pod_security(),
            containers=containers,
            volumes=[tmp, *(args.access.volumes() if args.access else [])],
            readiness_gates=[k8s.core.v1.PodReadinessGateArgs(condition_type=gate) for gate in args.readiness_gates],
            termination_grace_period_seconds=args.shutdown.termination_grace_period,
            node_selector=args.placement.node_selector,
            tolerations=args.placement.tolerations(),
            topology_spread_constraints=_spread(args.declaration),
        ),
    )


def _service_container(args: PodArgs) -> k8s.core.v1.ContainerArgs:
    settings = args.settings
    return k8s.core.v1.ContainerArgs(
        name=args.declaration.app,
        image=args.image.reference,
        image_pull_policy=args.image.pull_policy,
        ports=[k8s.core.v1.ContainerPortArgs(name="http", container_port=settings.port)],
        env=service_environment(args.declaration, settings, args.shutdown, args.access),
        resources=k8s.core.v1.ResourceRequirementsArgs(
            requests=settings.resources.requests.quantities(), limits=settings.resources.limits.quantities()
        ),
        liveness_probe=probes.liveness(settings.port),
        readiness_probe=probes.readiness(settings.port),
        lifecycle=k8s.core.v1.LifecycleArgs(
            pre_stop=k8s.core.v1.LifecycleHandlerArgs(sleep=k8s.core.v1.SleepActionArgs(seconds=args.shutdown.pre_stop))
        ),
        security_context=container_security(settings.run_as_user, read_only_root=True),
        volume_mounts=[
            k8s.core.v1.VolumeMountArgs(name="tmp", mount_path="/tmp"),  # noqa: S108 - an empty volume
            *(args.access.mounts() if args.access else []),
        ],
    )


def service_environment(
    declaration: Declaration, settings: ServiceSettings, shutdown: ShutdownTimes, access: DatabaseAccess | None
) -> list[k8s.core.v1.EnvVarArgs]:
    """The variables of a service's container, and of the job that migrates its database."""
    plain = {
        # uWSGI reads any option from UWSGI_<OPTION>. https://uwsgi-docs.readthedocs.io/en/latest/Configuration.html
        "UWSGI_HTTP_KEEPALIVE": str(shutdown.keep_alive),
        **declaration.environment,
        **settings.environment,
    }
    variables = [k8s.core.v1.EnvVarArgs(name=name, value=value) for name, value in plain.items()]
    return [*variables, *(access.environment() if access else [])]


def _spread(declaration: Declaration) -> list[k8s.core.v1.TopologySpreadConstraintArgs]:
    """Over zones and over nodes, each revision by itself, never at the price of a pod that cannot run at all.

    https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
    """
    return [
        k8s.core.v1.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key=topology_key,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=pod_labels(declaration)),
            match_label_keys=["pod-template-hash"],
        )
        for topology_key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
