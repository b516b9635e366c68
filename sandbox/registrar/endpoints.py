"""Which pods belong into a target group: what the controller's endpoint resolver decides.

https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/pkg/backend/endpoint_resolver.go
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sandbox.registrar.targets import Address
from sandbox.registrar.views import Binding, Endpoint, Pod, Slice


@dataclass(frozen=True)
class Cluster:
    """What a cluster holds, by `namespace/name`.

    Attributes:
        services: the names of each service's ports, by number and by name.
        nodes: the ready status of each node.
        dead: the nodes whose instances have ended, which the cluster finds out later than the balancer.
    """

    bindings: Mapping[str, Binding]
    services: Mapping[str, Mapping[int | str, str]]
    slices: Mapping[str, Slice]
    pods: Mapping[str, Pod]
    nodes: Mapping[str, str]
    dead: frozenset[str] = frozenset()

    @cached_property
    def slices_of(self) -> Mapping[str, list[Slice]]:
        """The slices of each service."""
        found: defaultdict[str, list[Slice]] = defaultdict(list)
        for each in self.slices.values():
            found[each.service].append(each)
        return found

    def answers(self, pod: str, ip: str, node: str) -> bool:
        """Whether a pod would pass a health check: it has that address, its containers are ready, its node lives.

        A pod's status says nothing new once its node is dead: nobody is left to write it.
        """
        found = self.pods.get(pod)
        alive = self.nodes.get(node, "Unknown") != "Unknown" and node not in self.dead
        return found is not None and found.ip == ip and found.containers_ready and alive


@dataclass
class _Found:
    ready: list[Address] = field(default_factory=list[Address])
    in_doubt: list[Address] = field(default_factory=list[Address])


def addresses_of(cluster: Cluster, binding: Binding) -> list[Address]:
    """The pods that should be targets now.

    Ready ones, and those that only a readiness gate keeps from being ready, since the gate waits for the target. One
    that was deleted is none, even while it goes on serving. Pods on nodes that have not been heard of only count when
    there is no other (the controller's `EndpointsFailOpen`, on by default:
    https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/configurations/#feature-gates).
    """
    found = _Found()
    port_name = cluster.services.get(binding.service, {}).get(binding.port)
    if port_name is not None:
        for part in cluster.slices_of.get(binding.service, ()):
            for port in _ports(part, port_name):
                for endpoint in part.endpoints:
                    _sort_in(cluster, endpoint, port, found)
    return found.ready if found.ready else found.in_doubt


def _ports(part: Slice, name: str) -> Iterator[int]:
    """The port of that name; all of them for a service port without one, as the controller takes them."""
    yield from (port for each, port in part.ports.items() if name in {"", each})


def _sort_in(cluster: Cluster, endpoint: Endpoint, port: int, found: _Found) -> None:
    pod = cluster.pods.get(endpoint.pod)
    if pod is None or pod.uid != endpoint.uid or pod.leaving or endpoint.terminating:
        return
    address = Address(endpoint.ip, port, endpoint.zone, endpoint.pod, endpoint.node)
    node = cluster.nodes.get(endpoint.node)
    if endpoint.ready or (pod.containers_ready and node == "True"):
        found.ready.append(address)
    elif pod.containers_ready and node == "Unknown":
        found.in_doubt.append(address)
