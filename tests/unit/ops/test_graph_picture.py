"""The picture says what the state says, nothing else, and says it the same way every time."""

import random
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from ops.graph_components import INTERNET, Arrow, Component, drawn_arrows, read_graph
from ops.graph_layout import Size, spread, top_down
from ops.graph_picture import draw
from tests.says import Says
from tools.graph_picture import main

pytestmark = pytest.mark.unit

STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::shop::{kind}::{name}"


def component(kind: str, name: str, parent: str = STACK) -> dict[str, Any]:
    return {"urn": urn(kind, name), "type": kind, "custom": False, "parent": parent}


def made(kind: str, name: str, parent: str, *needs: str, **more: Any) -> dict[str, Any]:
    entry = {"urn": urn(kind, name), "type": kind, "custom": True, "parent": parent, "dependencies": list(needs)}
    return {**entry, **more}


NETWORK, CLUSTER = urn("slipway:infra:Network", "shop-dev"), urn("slipway:infra:Cluster", "shop-dev")
SITE, EDGE = urn("slipway:apps:Site", "shop-dev"), urn("slipway:infra:LoadBalancer", "shop-dev")
ROUTE, SERVICE = urn("slipway:infra:HostRoute", "shop-dev-web"), urn("slipway:apps:WebService", "shop-dev-<web> & co")
SUBNET, CONTROL_PLANE = urn("aws:ec2/subnet:Subnet", "a"), urn("aws:eks/cluster:Cluster", "c")
LISTENER, TARGETS = urn("aws:lb/listener:Listener", "l"), urn("aws:lb/targetGroup:TargetGroup", "t")
PROVIDER = urn("pulumi:providers:kubernetes", "k")

RESOURCES: list[dict[str, Any]] = [
    {"urn": STACK, "type": "pulumi:pulumi:Stack", "custom": False},
    {"urn": urn("pulumi:providers:aws", "default"), "type": "pulumi:providers:aws", "custom": True},
    component("slipway:infra:Network", "shop-dev"),
    made("aws:ec2/subnet:Subnet", "a", NETWORK),
    made("aws:ec2/subnet:Subnet", "b", NETWORK),
    made("aws:ec2/vpc:Vpc", "v", NETWORK),
    component("slipway:infra:Cluster", "shop-dev"),
    made("aws:eks/cluster:Cluster", "c", CLUSTER, propertyDependencies={"subnets": [SUBNET], "name": None}),
    made("pulumi:providers:kubernetes", "k", CLUSTER, CONTROL_PLANE),
    component("slipway:infra:LoadBalancer", "shop-dev"),
    made("aws:lb/loadBalancer:LoadBalancer", "lb", EDGE, SUBNET, outputs={"internal": False}),
    made("aws:lb/listener:Listener", "l", EDGE),
    component("slipway:apps:Site", "shop-dev"),
    component("slipway:infra:HostRoute", "shop-dev-web", SITE),
    made("aws:lb/targetGroup:TargetGroup", "t", ROUTE, SUBNET, LISTENER),
    component("slipway:apps:WebService", "shop-dev-<web> & co", SITE),
    made("kubernetes:apps/v1:Deployment", "d", SERVICE, TARGETS, SUBNET, provider=f"{PROVIDER}::id"),
    made("aws:ec2/vpc:Vpc", "old", NETWORK, delete=True),
]


def state(resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": resources}}


def all_parts(around: Component) -> list[Component]:
    return [each for part in around.parts for each in (part, *all_parts(part))]


def texts(picture: str) -> list[str]:
    root = ET.fromstring(picture)
    return ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_every_component_is_drawn_once_with_its_name() -> None:
    titles = re.findall(r"<g>\n<title>([^<]*)</title>", draw(read_graph(state(RESOURCES))))

    assert sorted(titles) == [
        "slipway:apps:Site shop-dev",
        "slipway:apps:WebService shop-dev-&lt;web&gt; &amp; co",
        "slipway:infra:Cluster shop-dev",
        "slipway:infra:HostRoute shop-dev-web",
        "slipway:infra:LoadBalancer shop-dev",
        "slipway:infra:Network shop-dev",
    ]


def test_counts_what_each_component_makes_by_type() -> None:
    graph = read_graph(state(RESOURCES))

    counts = {part.urn: {item.label: item.count for item in part.items} for part in all_parts(graph.root)}
    assert counts[NETWORK] == {"Subnet": 2, "Vpc": 1}
    assert counts[CLUSTER] == {"Cluster": 1, "kubernetes provider": 1}
    assert counts[SITE] == {}
    assert (graph.resources, graph.components) == (9, 6)


def test_arrows_follow_needs_of_properties_and_providers_and_leave_out_what_others_say() -> None:
    root = read_graph(state(RESOURCES)).root

    # Site needs Network too, but that follows from what it needs of the others.
    assert set(root.arrows) == {
        Arrow(NETWORK, CLUSTER),
        Arrow(NETWORK, EDGE),
        Arrow(CLUSTER, SITE),
        Arrow(EDGE, SITE),
        Arrow(INTERNET, EDGE),
    }
    assert {arrow for part in root.parts for arrow in part.arrows} == {Arrow(ROUTE, SERVICE)}


def test_without_needs_there_are_no_arrows_and_without_an_open_balancer_no_internet() -> None:
    resources = [component("slipway:a:One", "one"), component("slipway:a:Two", "two")]

    picture = draw(read_graph(state([RESOURCES[0], *resources])))

    assert "marker-end" not in picture
    assert "the internet" not in texts(picture)


def test_what_stands_outside_any_component_is_drawn_as_the_stacks_own() -> None:
    alone = [made("aws:s3/bucket:Bucket", "one", STACK), made("pulumi:providers:gcp", "mine", STACK)]

    graph = read_graph(state([*RESOURCES, *alone]))

    assert [part.type for part in graph.root.parts].count("pulumi:pulumi:Stack") == 1
    assert {"Bucket", "gcp provider"} <= set(texts(draw(graph)))
    assert graph.components == 6


def test_components_that_need_each_other_get_one_arrow_both_ways() -> None:
    arrows = drawn_arrows([("a", "b"), ("b", "a"), ("b", "c")])

    assert arrows == [Arrow("a", "b", both_ways=True), Arrow("b", "c")]


def test_the_same_state_in_any_order_gives_the_same_bytes() -> None:
    picture = draw(read_graph(state(RESOURCES)))

    for seed in range(3):
        shuffled = random.Random(seed).sample(RESOURCES, len(RESOURCES))
        assert draw(read_graph(state(shuffled))) == picture


def test_special_characters_are_text_and_the_picture_is_valid_xml() -> None:
    assert "WebService<web> & co" in texts(draw(read_graph(state(RESOURCES))))


def test_boxes_of_a_layer_stand_apart_and_long_arrows_pass_beside_them() -> None:
    sizes = {name: Size(100, 40) for name in "abcd"}

    layout = top_down(sizes, [("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")])

    assert abs(layout.boxes["b"][0] - layout.boxes["d"][0]) > 100
    left, top = layout.boxes["b"]
    beside = [x for x, y in layout.arrows["a", "c"] if top <= y <= top + 40]
    assert len(beside) == 2
    assert not any(left <= x <= left + 100 for x in beside)


def test_spread_keeps_order_and_distance_and_moves_no_more_than_needed() -> None:
    assert spread([0, 100], [10], [1, 1]) == [0, 100]
    assert spread([50, 50, 500], [10, 10], [1, 1, 1]) == [45, 55, 500]


@pytest.mark.parametrize(
    ("export", "facts"), [('{"version": 3, "deployment": {}}', ["pulumi stack export"]), ("", ["JSON", "up"])]
)
def test_what_is_no_state_of_a_stack_is_refused(
    export: str, facts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "state.json"
    file.write_text(export)
    assert main([str(file)]) == 2
    assert Says(*facts, at="graph_picture") == capsys.readouterr().err.strip()
