"""A Job that runs once, such as the migration of a database's schema."""

from pathlib import Path

import pulumi
import pulumi_kubernetes as k8s

kubeconfig = Path(pulumi.Config("job").require("kubeconfig")).read_text()
cluster = k8s.Provider("cluster", kubeconfig=kubeconfig)
k8s.batch.v1.Job(
    "migration",
    metadata=k8s.meta.v1.ObjectMetaArgs(name="migration", namespace="default"),
    spec=k8s.batch.v1.JobSpecArgs(
        backoff_limit=0,
        template=k8s.core.v1.PodTemplateSpecArgs(
            spec=k8s.core.v1.PodSpecArgs(
                restart_policy="Never",
                containers=[k8s.core.v1.ContainerArgs(name="migration", image="example.com/migration:1")],
            )
        ),
    ),
    opts=pulumi.ResourceOptions(provider=cluster),
)
