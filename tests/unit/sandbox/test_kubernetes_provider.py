"""The emulated Kubernetes: the life of an object, and what the control plane refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from emulated_account import CLUSTER, CONTROLLER, NODE_GROUP, Account, Made, deployment, kubeconfig, service

from sandbox.aws.errors import KubernetesError
from sandbox.kubernetes.kubeconfig import endpoint_of, is_local
from sandbox.kubernetes.options import Options, options_of
from sandbox.values import UNKNOWN, Secret

pytestmark = pytest.mark.unit

_NAMESPACE = "kubernetes:core/v1:Namespace"
_SERVICE = "kubernetes:core/v1:Service"
_SECRET = "kubernetes:core/v1:Secret"
_MAP = "kubernetes:core/v1:ConfigMap"
_ACCOUNT = "kubernetes:core/v1:ServiceAccount"
_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_RELEASE = "kubernetes:helm.sh/v3:Release"
_FROM_MAP = {"name": "E", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}}


@pytest.fixture
def cluster(account: Account) -> Made:
    return account.running_cluster()


@pytest.mark.usefixtures("cluster")
class TestObjects:
    """The life of an object in a running cluster."""

    def test_a_name_is_made_up_or_kept(self, account: Account) -> None:
        made = account.create(_NAMESPACE, "shop", {})
        assert made.id.startswith("shop-")
        assert len(made.id) == len("shop-") + 8
        assert account.create(_NAMESPACE, "fixed", {"metadata": {"name": "shop"}}).id == "shop"
        kept = account.check(_NAMESPACE, "shop", {}, made.inputs).inputs["metadata"].value["name"].value
        assert kept == made.id

    def test_ids_carry_the_namespace(self, account: Account) -> None:
        made = account.create(_SERVICE, "web", service())
        assert made.id == "default/web"
        assert made["metadata"]["namespace"] == "default"
        assert made["spec"]["clusterIP"].startswith("172.20.")
        assert made["apiVersion"] == "v1"

    def test_node_ports_are_given(self, account: Account) -> None:
        inputs = service()
        inputs["spec"]["type"] = "NodePort"
        port = account.create(_SERVICE, "web", inputs)["spec"]["ports"][0]
        assert 30000 <= port["nodePort"] <= 32767

    def test_a_namespace_must_exist_and_takes_its_contents_along(self, account: Account) -> None:
        inputs = {"metadata": {"name": "m", "namespace": "shop"}}
        with pytest.raises(KubernetesError, match='namespaces "shop" not found'):
            account.create(_MAP, "m", inputs)
        namespace = account.create(_NAMESPACE, "shop", {"metadata": {"name": "shop"}})
        made = account.create(_MAP, "m", inputs)
        account.delete(namespace)
        assert account.read(made) is None
        account.delete(made)

    def test_names_collide(self, account: Account) -> None:
        account.create(_MAP, "m", {"metadata": {"name": "m"}})
        with pytest.raises(KubernetesError, match='configmaps "m" already exists'):
            account.create(_MAP, "n", {"metadata": {"name": "m"}})

    def test_unknown_fields_are_refused(self, account: Account) -> None:
        with pytest.raises(KubernetesError, match=r"^Deployment 'default/web': .* spec\.replicaCount: "):
            account.create(_DEPLOYMENT, "web", deployment(replicaCount=2))

    def test_refresh_difference_and_update(self, account: Account) -> None:
        made = account.create(_DEPLOYMENT, "web", deployment())
        seen = account.found(made)
        assert (seen.state, seen.inputs) == (made.state, made.inputs)
        assert account.diff(made, deployment()).changes is False
        assert account.diff(made, deployment(replicas=3)).replaces == []
        updated = account.update(made, **deployment(replicas=3))
        assert updated["status"]["readyReplicas"] == 3
        assert updated["metadata"]["generation"] == 2
        assert updated["metadata"]["uid"] == made["metadata"]["uid"]

    def test_selectors_do_not_change(self, account: Account) -> None:
        made = account.create(_DEPLOYMENT, "web", deployment())
        found = account.diff(made, deployment(selector={"matchLabels": {"app": "other"}}))
        assert (found.replaces, found.delete_before_replace) == (["spec"], True)

    def test_a_changed_configuration_is_a_new_one(self, account: Account) -> None:
        fixed = account.create(_MAP, "m", {"metadata": {"name": "m"}, "data": {"a": "1"}})
        found = account.diff(fixed, {"metadata": {"name": "m"}, "data": {"a": "2"}})
        assert (found.replaces, found.delete_before_replace) == (["data"], True)
        auto = account.create(_MAP, "n", {"data": {"a": "1"}})
        assert account.diff(auto, {"data": {"a": "2"}}).delete_before_replace is False

    def test_secrets_are_not_stored_marked_or_not(self, account: Account) -> None:
        made = account.create(_SECRET, "s", {"metadata": {"name": "s"}, "stringData": {"password": "hunter2"}})
        assert made["stringData"] == Secret({"password": "hunter2"})
        assert b"hunter2" not in b"".join(file.read_bytes() for file in account.directory.iterdir())
        seen = account.found(made)
        assert seen.state == made.state

    @pytest.mark.parametrize(
        ("pod", "words"),
        [
            ({"serviceAccountName": "robot"}, 'serviceaccount "robot" not found'),
            ({"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}, 'secret "s" not found'),
            ({"volumes": [{"name": "v", "configMap": {"name": "m"}}]}, 'configmap "m" not found'),
            ({"containers": [{"name": "c", "envFrom": [{"secretRef": {"name": "s"}}]}]}, 'secret "s" not found'),
            ({"containers": [{"name": "c", "env": [_FROM_MAP]}]}, 'configmap "m" not found'),
        ],
    )
    def test_what_pods_mention_must_exist(self, account: Account, pod: dict[str, Any], words: str) -> None:
        with pytest.raises(KubernetesError, match=words):
            account.create(_DEPLOYMENT, "web", deployment(pod=pod))
        account.create(_ACCOUNT, "robot", {"metadata": {"name": "robot"}})
        account.create(_SECRET, "s", {"metadata": {"name": "s"}})
        account.create(_MAP, "m", {"metadata": {"name": "m"}})
        assert account.create(_DEPLOYMENT, "web", deployment(pod=pod))

    def test_what_is_optional_may_be_missing(self, account: Account) -> None:
        pod = {"volumes": [{"name": "v", "secret": {"secretName": "s", "optional": True}}]}
        assert account.create(_DEPLOYMENT, "web", deployment(pod=pod))

    def test_releases(self, account: Account) -> None:
        release = account.create(_RELEASE, "shop", {"chart": "shop", "namespace": "made", "createNamespace": True})
        assert release.id.startswith("made/shop-")
        assert release["status"]["status"] == "deployed"
        assert account.update(release, version="2.0.0")["status"]["revision"] == 2
        with pytest.raises(KubernetesError, match='namespaces "unmade" not found'):
            account.create(_RELEASE, "other", {"chart": "shop", "namespace": "unmade"})

    def test_custom_kinds_need_their_definition(self, account: Account) -> None:
        custom = "kubernetes:example.com/v1:Widget"
        with pytest.raises(KubernetesError, match=r'kind "Widget" .*"example.com/v1"'):
            account.create(custom, "w", {"metadata": {"name": "w"}})
        account.create("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "crd", {
            "metadata": {"name": "widgets.example.com"},
            "spec": {
                "group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
                "versions": [{"name": "v1", "served": True, "storage": True}],
            },
        })  # fmt: skip
        assert account.create(custom, "w", {"metadata": {"name": "w"}}).id == "default/w"


def test_pods_need_nodes(account: Account) -> None:
    cluster = account.cluster()
    account.configure("kubernetes:", kubeconfig=kubeconfig(cluster))
    for kind, name, inputs in ((_DEPLOYMENT, "web", deployment()), (_RELEASE, "controller", CONTROLLER)):
        with pytest.raises(KubernetesError, match=r"0/0 nodes .*no node group"):
            account.create(kind, name, inputs)
    assert account.create(_DEPLOYMENT, "none", deployment("none", replicas=0))
    assert account.create(_RELEASE, "controller", {**CONTROLLER, "skipAwait": True})
    assert account.inventory.list(type=NODE_GROUP) == []


def test_without_a_cluster_nothing_answers(account: Account) -> None:
    with pytest.raises(KubernetesError, match="unreachable: no kubeconfig"):
        account.create(_NAMESPACE, "shop", {})
    nowhere = json.dumps({"clusters": [{"name": "c", "cluster": {"server": "https://nowhere"}}]})
    account.configure("kubernetes:", kubeconfig=nowhere)
    with pytest.raises(KubernetesError, match=r"unreachable: .*https://nowhere"):
        account.create(_NAMESPACE, "shop", {})


def test_a_cluster_takes_its_objects_along(account: Account) -> None:
    cluster = account.cluster()
    account.configure("kubernetes:", kubeconfig=kubeconfig(cluster))
    namespace = account.create(_NAMESPACE, "shop", {})
    account.delete(cluster)
    assert account.inventory.list(provider="kubernetes") == []
    assert account.read(namespace) is None
    account.delete(namespace)
    assert account.inventory.list(type=CLUSTER) == []


def test_a_preview_works_before_the_cluster_exists(account: Account) -> None:
    account.configure("kubernetes:", kubeconfig=UNKNOWN)
    seen = account.preview(_SERVICE, "web", service())
    assert seen["metadata"]["name"] == "web"
    assert seen["metadata"]["uid"] is UNKNOWN
    assert seen["spec"]["clusterIP"] is UNKNOWN
    assert seen["status"] is UNKNOWN


def test_the_current_context_counts() -> None:
    clusters = [{"name": name, "cluster": {"server": f"https://{name}"}} for name in ("a", "b")]
    contexts = [{"name": "x", "context": {"cluster": "b"}}]
    assert endpoint_of({"clusters": clusters, "contexts": contexts, "current-context": "x"}) == "https://b"
    assert endpoint_of({"clusters": clusters}) == "https://a"
    assert endpoint_of("{nonsense") == ""
    assert endpoint_of(None) == ""


_NOBODY_LISTENS = "https://127.0.0.1:9"


def _local(account: Account, **options: Any) -> None:
    clusters = [{"name": "c", "cluster": {"server": _NOBODY_LISTENS}}]
    contexts = [{"name": "x", "context": {"cluster": "c", "user": "u"}}]
    users = [{"name": "u", "user": {"token": "t"}}]
    whole = {"clusters": clusters, "contexts": contexts, "users": users, "current-context": "x"}
    account.configure("kubernetes:", kubeconfig=Secret(json.dumps(whole)), **options)


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("https://127.0.0.1:6443", True),
        ("https://[::1]:6443", True),
        ("https://localhost:6443", True),
        ("https://0123.gr7.us-west-2.eks.amazonaws.com", False),
        ("https://10.0.0.1", False),
        ("", False),
    ],
)
def test_only_this_machine_is_local(endpoint: str, local: bool) -> None:
    assert is_local(endpoint) is local


def test_a_local_endpoint_means_a_real_cluster(account: Account) -> None:
    _local(account)
    inputs = {"apiVersion": "v1", "kind": "Service", **service()}
    assert account.preview(_SERVICE, "web", inputs)["metadata"]["uid"] is UNKNOWN
    with pytest.raises(KubernetesError, match=f"unreachable: {_NOBODY_LISTENS}"):
        account.create(_SERVICE, "web", service())
    made = Made(_SERVICE, "web", "default/web", {"__inputs": inputs}, inputs)
    with pytest.raises(KubernetesError, match="PULUMI_K8S_DELETE_UNREACHABLE=true"):
        account.delete(made)
    _local(account, deleteUnreachable="true")
    account.delete(made)
    assert account.inventory.list(provider="kubernetes") == []


def test_options_come_from_the_program_or_else_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert options_of({}) == Options()
    monkeypatch.setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
    assert options_of({"enablePatchForce": True}) == Options(deletes_unreachable=True, takes_fields=True)
    assert not options_of({"deleteUnreachable": "false"}).deletes_unreachable
    annotated = {"metadata": {"annotations": {"pulumi.com/patchForce": "true"}}}
    assert Options().forces(annotated)
    assert not Options().forces({})
