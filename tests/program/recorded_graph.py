"""Runs the whole program under Pulumi's mocks and records the graph that it declares."""

import asyncio
import contextvars
import logging
import runpy
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockMonitor, set_mocks
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

from tests.stack_values import ROOT, as_values, stack_config

ACCOUNT = "123456789012"
_EKS_CLUSTER_URN = "urn:pulumi:mock::slipway::aws:eks/cluster:Cluster::mock"


@dataclass
class Declared:
    """One resource as the program declared it."""

    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    protect: bool
    ignore_changes: tuple[str, ...]
    dependencies: tuple[str, ...]
    deleted_with: str
    urn: str
    provider: str
    providers: dict[str, str]
    property_dependencies: dict[str, frozenset[str]]


@dataclass
class Graph:
    """Everything that a run declared."""

    stack: str
    resources: list[Declared] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    secret_exports: set[str] = field(default_factory=set)

    def of(self, type_: str) -> list[Declared]:
        """The resources of a type, such as `aws:ec2/vpc:Vpc`."""
        return [resource for resource in self.resources if resource.type == type_]

    def one(self, type_: str, name: str) -> Declared:
        """The resource of this type and logical name."""
        (found,) = [resource for resource in self.of(type_) if resource.name == name]
        return found

    def upstream(self, resource: Declared) -> set[str]:
        """The URNs of all that has to exist before this resource: dependencies, and those of its parents' kin."""
        by_urn = {other.urn: other for other in self.resources}
        seen: set[str] = set()
        waiting = list(resource.dependencies)
        while waiting:
            urn = waiting.pop()
            if urn not in seen:
                seen.add(urn)
                waiting += by_urn[urn].dependencies if urn in by_urn else ()
        return seen


_PLAIN: dict[str, dict[str, Any]] = {
    "aws:lb/loadBalancer:LoadBalancer": {
        "dnsName": "balancer-1.us-west-2.elb.amazonaws.com",
        "zoneId": "Z1H1FL5HABSF5",
    },
    "aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion": 1},
    "aws:route53/zone:Zone": {"zoneId": "Z0123456789", "nameServers": ["ns-1.example.net", "ns-2.example.org"]},
}
"""What is the same for all resources of a type."""


class _Mocks(Mocks):
    def __init__(self, caller: str) -> None:
        self._caller = caller

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        identifier = f"{args.name}-id"
        arn = f"arn:aws:mock:us-west-2:{ACCOUNT}:{args.name}"
        outputs = {"arn": arn, "name": args.name, "bucket": args.name, **args.inputs, **self._computed(args)}
        return identifier, outputs

    @staticmethod
    def _computed(args: MockResourceArgs) -> dict[str, Any]:  # noqa: PLR0911 - one for each type
        match args.typ:
            case "aws:ecr/repository:Repository":
                return {"repositoryUrl": f"{ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/{args.inputs['name']}"}
            case "aws:acm/certificate:Certificate":
                names = [args.inputs["domainName"], *args.inputs["subjectAlternativeNames"]]
                option = {"resourceRecordType": "CNAME", "resourceRecordValue": "_value.acm-validations.aws."}
                return {
                    "domainValidationOptions": [
                        {**option, "domainName": name, "resourceRecordName": f"_proof.{name.removeprefix('*.')}."}
                        for name in names
                    ]
                }
            case "aws:eks/nodeGroup:NodeGroup":
                return {
                    "nodeGroupName": args.name,
                    "resources": [{"autoscalingGroups": [{"name": f"eks-{args.name}"}]}],
                }
            case "eks:index:Cluster":
                return {
                    "clusterSecurityGroupId": "sg-made-by-eks",
                    "kubeconfigJson": "{}",
                    "eksCluster": {
                        rpc._special_sig_key: rpc._special_resource_sig,
                        "urn": _EKS_CLUSTER_URN,
                        "id": args.inputs["name"],
                    },
                }
            case "kubernetes:core/v1:Secret" | "kubernetes:core/v1:ConfigMap":
                metadata = args.inputs["metadata"]
                return {"metadata": {"name": f"{args.name}-1a2b3c4d", **metadata}}
            case "aws:rds/instance:Instance":
                return {"address": f"{args.inputs['identifier']}.c1a2b3c4d5e6.us-west-2.rds.amazonaws.com"}
            case type_:
                return _PLAIN.get(type_, {})

    def call(self, args: MockCallArgs) -> dict[str, Any]:
        match args.token:
            case "aws:index/getCallerIdentity:getCallerIdentity":
                return {"accountId": ACCOUNT, "arn": self._caller, "id": ACCOUNT, "userId": "x"}
            case "aws:route53/getZone:getZone":
                return {"zoneId": "Z0123456789", "name": args.args["name"], "id": "Z0123456789"}
            case "aws:eks/getClusters:getClusters":
                return {"id": "us-west-2", "names": []}
            case "aws:resourcegroupstaggingapi/getResources:getResources":
                return {"id": "x", "resourceTagMappingLists": []}
            case _:
                raise AssertionError(f"the program asks {args.token}, which these tests do not answer")


class _RecordingMonitor(MockMonitor):
    def __init__(self, mocks: Mocks, graph: Graph) -> None:
        super().__init__(mocks)
        self._graph = graph
        # What the EKS component registers out of the program's sight.
        urn, name = _EKS_CLUSTER_URN, f"slipway-{graph.stack}"
        self.resources[urn] = self.ResourceRegistration(urn, name, {"name": name, "arn": f"arn:mock:{name}"})

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name of the engine's call
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":  # the root itself
            self._graph.resources.append(
                Declared(
                    type=request.type,
                    name=request.name,
                    inputs=rpc.deserialize_properties(request.object),
                    parent=request.parent,
                    protect=request.protect,
                    ignore_changes=tuple(request.ignoreChanges),
                    dependencies=tuple(request.dependencies),
                    deleted_with=request.deletedWith,
                    urn=response.urn,
                    provider=request.provider,
                    providers=dict(request.providers),
                    property_dependencies={
                        name: frozenset(each.urns) for name, each in request.propertyDependencies.items()
                    },
                )
            )
        return response


def record(
    stack: str, config: dict[str, Any] | None = None, caller: str | None = None, *, preview: bool = False
) -> Graph:
    """The graph of a stack file, or of this configuration, in an account where everything it looks for is there.

    Raises whatever the program raises.
    """
    arn = caller or f"arn:aws:sts::{ACCOUNT}:assumed-role/slipway-{stack}-deploy/session"
    return record_project(ROOT, "slipway", stack, config if config is not None else stack_config(stack), arn, preview)


def record_project(  # what Pulumi gives a program
    directory: Path, project: str, stack: str, config: dict[str, Any], caller: str = "", preview: bool = False
) -> Graph:
    """The graph of any program of this repository, with this configuration."""
    graph = Graph(stack)
    contextvars.copy_context().run(_run, graph, directory, project, as_values(config), caller, preview)
    return graph


def _run(graph: Graph, directory: Path, project: str, values: dict[str, str], caller: str, preview: bool) -> None:
    # The mocks' own root resource lives on the loop that is current when they are set.
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(max_workers=16))
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    asyncio.set_event_loop(loop)
    mocks = _Mocks(caller)
    monitor = _RecordingMonitor(mocks, graph)
    set_mocks(mocks, project=project, stack=graph.stack, preview=preview, monitor=monitor)
    set_all_config(values, ["slipway:databasePasswords", "slipway:database"])
    try:
        with _program_on_path():
            loop.run_until_complete(_declare(graph, directory))
    finally:
        loop.close()


async def _declare(graph: Graph, directory: Path) -> None:
    await run_pulumi_func(lambda: runpy.run_path(str(directory / "__main__.py"), run_name="__main__") and None)
    root = get_root_resource()
    assert isinstance(root, Stack)
    for name, value in root.outputs.items():
        output = pulumi.Output.from_input(value)
        graph.exports[name] = await output.future()
        if await output.is_secret():
            graph.secret_exports.add(name)


class _program_on_path:  # noqa: N801 - used like a function
    def __enter__(self) -> None:
        sys.path.insert(0, str(ROOT))

    def __exit__(self, *_: object) -> None:
        sys.path.remove(str(ROOT))


def containers(graph: Graph) -> Iterator[dict[str, Any]]:
    """Every container of every Deployment."""
    for deployment in graph.of("kubernetes:apps/v1:Deployment"):
        yield from deployment.inputs["spec"]["template"]["spec"]["containers"]
