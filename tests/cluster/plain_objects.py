"""Nodes, Deployments and Jobs as short as they can be, for a control plane without a stack."""

from typing import Any

from sandbox.kwok.configuration import METRICS_ANNOTATION, NODE_ANNOTATION, metrics_path

Object = dict[str, Any]


def node(number: int) -> Object:
    name = f"node-{number}"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/hostname": name},
            "annotations": {NODE_ANNOTATION[0]: NODE_ANNOTATION[1], METRICS_ANNOTATION: metrics_path(name)},
        },
        "status": {
            "capacity": {"cpu": "2", "memory": "4Gi", "pods": "29"},
            "allocatable": {"cpu": "1930m", "memory": "3Gi", "pods": "29"},
            "addresses": [{"type": "InternalIP", "address": f"10.10.32.{number}"}],
        },
    }


def deployment(app: str, replicas: int = 1, image: str = "registry/app:1", **pod: Any) -> Object:
    container = {"name": app, "image": image, "lifecycle": {"preStop": {"sleep": {"seconds": 3}}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": app, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": app}},
            "template": {"metadata": {"labels": {"app": app}}, "spec": {"containers": [container], **pod}},
        },
    }


def job(name: str, **spec: Any) -> Object:
    pod = {
        "restartPolicy": "Never",
        "initContainers": [
            {"name": "first", "image": "registry/first:1"},
            {"name": "beside", "image": "registry/beside:1", "restartPolicy": "Always"},
        ],
        "containers": [{"name": "work", "image": "registry/work:1"}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": {"app": name}}, "spec": pod}, **spec},
    }
