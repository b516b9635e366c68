"""A local control plane before its processes run: certificates, kubeconfigs, command lines, and its directory."""

from __future__ import annotations

import base64
import csv
import ipaddress
import json
import re
from dataclasses import astuple
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from held_control_plane import ENDPOINT, describe, hold

from sandbox.control_plane import components, running, supervisor
from sandbox.control_plane.certificates import Authority
from sandbox.control_plane.components import Binaries, ControlPlaneFiles, write_files
from sandbox.control_plane.layout import PACES, Directory, Ports, choose_ports
from sandbox.control_plane.supervisor import Plan, Supervisor
from sandbox.refusal import Refusal
from tests.says import Says

pytestmark = pytest.mark.unit

_TOKEN = "k8s-aws-v1.secret"
_PORTS = Ports(
    etcd=41001, etcd_peer=41002, api_server=41003, controller_manager=41004, scheduler=41005, metrics_server=41006,
    kubelets=41007,
)  # fmt: skip
_BINARIES = Binaries(*(Path("/bin") / name for name in ("etcd", "api", "manager", "scheduler", "metrics", "kwok")))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ControlPlaneFiles:
    directory = Directory(tmp_path_factory.mktemp("planes") / "shop-dev")
    directory.prepare()
    return write_files(directory, _PORTS, _TOKEN)


@pytest.fixture(scope="module")
def commands(files: ControlPlaneFiles) -> dict[str, list[str]]:
    pace = PACES["real"]
    return {
        "etcd": components.etcd(_BINARIES, files),
        "api-server": components.api_server(_BINARIES, files),
        "controller-manager": components.controller_manager(_BINARIES, files, pace),
        "scheduler": components.scheduler(_BINARIES, files),
        "metrics-server": components.metrics_server(_BINARIES, files, pace),
    }


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def of(files: ControlPlaneFiles, name: str) -> x509.Certificate:
    return certificate(files.directory.certificates / f"{name}.crt")


def subject(one: x509.Certificate, name: x509.ObjectIdentifier = NameOID.COMMON_NAME) -> list[str]:
    return [str(each.value) for each in one.subject.get_attributes_for_oid(name)]


def signed_by(one: x509.Certificate, other: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(other)
    except (InvalidSignature, ValueError):
        return False
    return True


# Certificates.


def test_the_front_proxy_has_an_authority_of_its_own_so_that_no_client_can_pose_as_it(files: ControlPlaneFiles) -> None:
    own, front = of(files, "kubernetes-ca"), of(files, "front-proxy-ca")
    leaves = {path.stem for path in files.directory.certificates.glob("*.crt")} - {"kubernetes-ca", "front-proxy-ca"}
    assert {name for name in leaves if signed_by(of(files, name), front)} == {"front-proxy"}
    assert {name for name in leaves if signed_by(of(files, name), own)} == leaves - {"front-proxy"}


def test_only_authorities_can_sign(files: ControlPlaneFiles) -> None:
    for path in files.directory.certificates.glob("*.crt"):
        found = certificate(path)
        is_authority = path.stem.endswith("-ca")
        constraints = found.extensions.get_extension_for_class(x509.BasicConstraints)
        usage = found.extensions.get_extension_for_class(x509.KeyUsage)
        assert (constraints.value.ca, constraints.critical) == (is_authority, True)
        assert (usage.value.key_cert_sign, usage.critical) == (is_authority, True)


def test_a_servers_certificate_is_no_clients_and_a_clients_no_servers(files: ControlPlaneFiles) -> None:
    servers = {"etcd", "api-server", "metrics-server", "kubelets"}
    for path in files.directory.certificates.glob("*.crt"):
        if path.stem.endswith("-ca"):
            continue
        purposes = [*certificate(path).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value]
        expected = ExtendedKeyUsageOID.SERVER_AUTH if path.stem in servers else ExtendedKeyUsageOID.CLIENT_AUTH
        assert purposes == [expected], path.stem


@pytest.mark.parametrize(
    ("name", "user", "groups"),
    [
        ("admin", "sandbox:admin", ["system:masters"]),
        ("controller-manager", "system:kube-controller-manager", []),
        ("scheduler", "system:kube-scheduler", []),
        ("kubelet-client", "kube-apiserver-kubelet-client", ["system:masters"]),
        ("etcd-client", "kube-apiserver", []),
        ("front-proxy", "front-proxy-client", []),
    ],
)
def test_clients_are_who_they_have_to_be(files: ControlPlaneFiles, name: str, user: str, groups: list[str]) -> None:
    found = of(files, name)
    assert (subject(found), subject(found, NameOID.ORGANIZATION_NAME)) == ([user], groups)


def test_the_api_server_goes_by_the_names_that_its_clients_use(files: ControlPlaneFiles) -> None:
    names = of(files, "api-server").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = names.get_values_for_type(x509.IPAddress)
    assert addresses == [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("172.20.0.1")]
    assert {"localhost", "kubernetes.default.svc"} <= set(names.get_values_for_type(x509.DNSName))


def test_keys_belong_to_their_certificates_and_only_their_owner_may_read_them(files: ControlPlaneFiles) -> None:
    keys = list(files.directory.certificates.glob("*.key"))
    assert len(keys) == 13
    for path in keys:
        assert path.stat().st_mode & 0o777 == 0o600, path.name
        if path.stem != "service-accounts":
            key = load_pem_private_key(path.read_bytes(), None)
            assert of(files, path.stem).public_key() == key.public_key()
    assert not list(files.directory.certificates.glob("*-ca.key"))


def test_two_authorities_of_one_name_do_not_trust_each_other(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for directory in (one, other):
        directory.mkdir()
    pair = Authority(one, "ca").client("a", "a")
    second = Authority(other, "ca")
    assert signed_by(certificate(pair.certificate), certificate(one / "ca.crt"))
    assert not signed_by(certificate(pair.certificate), certificate(second.certificate))


# Kubeconfigs and the token.


def test_a_kubeconfig_holds_all_it_needs(files: ControlPlaneFiles) -> None:
    path = files.kubeconfigs["admin"]
    assert path == files.directory.admin_kubeconfig
    content = yaml.safe_load(path.read_text())
    cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
    assert cluster == {
        "server": "https://127.0.0.1:41003",
        "certificate-authority-data": base64.b64encode(files.authority.read_bytes()).decode(),
    }
    shown = x509.load_pem_x509_certificate(base64.b64decode(user["client-certificate-data"]))
    assert shown == of(files, "admin")
    key = load_pem_private_key(base64.b64decode(user["client-key-data"]), None)
    assert key.public_key() == shown.public_key()
    context = next(each for each in content["contexts"] if each["name"] == content["current-context"])
    assert context["context"] == {"cluster": content["clusters"][0]["name"], "user": content["users"][0]["name"]}


def test_everybody_has_a_kubeconfig_of_their_own_that_only_the_owner_may_read(files: ControlPlaneFiles) -> None:
    assert set(files.kubeconfigs) == {"admin", "controller-manager", "scheduler", "metrics-server", "kwok"}
    users = {path.read_text() for path in files.kubeconfigs.values()}
    assert len(users) == 5
    assert {path.stat().st_mode & 0o777 for path in files.kubeconfigs.values()} == {0o600}


def test_the_token_is_the_clusters_creators(files: ControlPlaneFiles) -> None:
    path = files.flags["tokens"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [*csv.reader(path.read_text().splitlines())] == [
        [_TOKEN, "sandbox:deploy-role", "sandbox-deploy-role", "system:masters"]
    ]


# Command lines.


def test_no_secret_is_in_a_command_line(commands: dict[str, list[str]]) -> None:
    text = " ".join(word for words in commands.values() for word in words)
    assert _TOKEN not in text
    assert "PRIVATE KEY" not in text


def test_every_process_listens_on_its_own_loopback_port_and_nowhere_else(commands: dict[str, list[str]]) -> None:
    for name, port in (
        ("api-server", 41003), ("controller-manager", 41004), ("scheduler", 41005), ("metrics-server", 41006),
    ):  # fmt: skip
        assert {"--bind-address=127.0.0.1", f"--secure-port={port}"} <= set(commands[name]), name
    urls = {flag: value for flag, _, value in (word.partition("=") for word in commands["etcd"]) if "-urls" in flag}
    assert urls["--listen-client-urls"] == urls["--advertise-client-urls"] == "https://127.0.0.1:41001"
    assert urls["--listen-peer-urls"] == urls["--initial-advertise-peer-urls"] == "https://127.0.0.1:41002"
    for words in commands.values():
        found = set(re.findall(r"\d+\.\d+\.\d+\.\d+(?:/\d+)?", " ".join(words)))
        assert found <= {"127.0.0.1", components.SERVICE_RANGE}
        assert not any("http://" in word for word in words)


def test_nobody_gets_in_without_credentials_or_with_an_old_tls(
    files: ControlPlaneFiles, commands: dict[str, list[str]]
) -> None:
    words = set(commands["api-server"])
    assert {"--anonymous-auth=false", "--tls-min-version=VersionTLS12", "--authorization-mode=Node,RBAC"} <= words
    assert f"--client-ca-file={files.authority}" in words
    assert f"--tls-private-key-file={files.directory.certificates / 'api-server.key'}" in words
    assert not any(word.startswith("--insecure") for line in commands.values() for word in line)
    assert all("--profiling=false" in commands[name] for name in ("api-server", "controller-manager", "scheduler"))


def test_the_store_lets_in_its_client_only(files: ControlPlaneFiles, commands: dict[str, list[str]]) -> None:
    certificates = files.directory.certificates
    assert {
        "--client-cert-auth", f"--trusted-ca-file={files.authority}",
        f"--cert-file={certificates / 'etcd.crt'}", f"--key-file={certificates / 'etcd.key'}",
    } <= set(commands["etcd"])  # fmt: skip
    assert {
        "--etcd-servers=https://127.0.0.1:41001", f"--etcd-cafile={files.authority}",
        f"--etcd-certfile={certificates / 'etcd-client.crt'}", f"--etcd-keyfile={certificates / 'etcd-client.key'}",
    } <= set(commands["api-server"])  # fmt: skip


def test_what_the_front_proxy_says_counts_only_with_its_own_certificate(
    files: ControlPlaneFiles, commands: dict[str, list[str]]
) -> None:
    words = set(commands["api-server"])
    front = files.directory.certificates / "front-proxy-ca.crt"
    assert {f"--requestheader-client-ca-file={front}", "--requestheader-allowed-names=front-proxy-client"} <= words
    assert subject(of(files, "front-proxy")) == ["front-proxy-client"]


def test_changes_are_audited_without_their_content(files: ControlPlaneFiles, commands: dict[str, list[str]]) -> None:
    path = files.flags["audit-policy"]
    assert {f"--audit-policy-file={path}", f"--audit-log-path={files.directory.logs / 'audit.log'}"} <= set(
        commands["api-server"]
    )
    policy = json.loads(path.read_text())
    assert (policy["apiVersion"], policy["kind"]) == ("audit.k8s.io/v1", "Policy")
    *exceptions, last = policy["rules"]
    # Secrets are in requests and answers, and so in no audit log.
    assert last == {"level": "Metadata"}
    assert {rule["level"] for rule in exceptions} == {"None"}
    assert exceptions[0]["verbs"] == ["get", "list", "watch"]
    assert all(rule.get("resources", rule.get("verbs")) for rule in exceptions)


def test_controllers_act_as_themselves(commands: dict[str, list[str]]) -> None:
    assert "--use-service-account-credentials" in commands["controller-manager"]
    assert not any("feature-gates" in word or "admission" in word for line in commands.values() for word in line)


def test_what_is_named_is_there(files: ControlPlaneFiles, commands: dict[str, list[str]]) -> None:
    made_later = {"audit.log", "controller-manager", "scheduler", "etcd"}
    for word in (word for words in commands.values() for word in words):
        _, _, value = word.partition("=")
        if value.startswith(str(files.directory.path)) and Path(value).name not in made_later:
            assert Path(value).is_file(), word


def test_the_fast_pace_is_the_real_one_sooner(files: ControlPlaneFiles) -> None:
    real = components.controller_manager(_BINARIES, files, PACES["real"])
    fast = components.controller_manager(_BINARIES, files, PACES["fast"])
    assert {word.partition("=")[0] for word in real} == {word.partition("=")[0] for word in fast}
    assert {
        "--horizontal-pod-autoscaler-sync-period=15s", "--horizontal-pod-autoscaler-initial-readiness-delay=30s",
        "--horizontal-pod-autoscaler-cpu-initialization-period=300s", "--node-monitor-grace-period=50s",
        "--node-monitor-period=5s",
    } <= set(real)  # fmt: skip
    assert all(soon <= late for soon, late in zip(astuple(PACES["fast"]), astuple(PACES["real"]), strict=True))
    for pace in PACES.values():
        words = components.metrics_server(_BINARIES, files, pace)
        period, limit = (
            next(int(word.partition("=")[2].removesuffix("s")) for word in words if word.startswith(flag))
            for flag in ("--metric-resolution", "--kubelet-request-timeout")
        )
        # metrics-server refuses less than 10 s, and to wait for a kubelet as long as that.
        assert 10 <= period == pace.metrics_period
        assert 0 < limit < period


def test_metrics_come_from_the_port_of_metrics_server_over_tls() -> None:
    service, registration = components.metrics_objects(41006, "Q0E=")
    spec = registration["spec"]
    assert spec["service"] == {"name": "metrics-server", "namespace": "kube-system", "port": 41006}
    assert (spec["caBundle"], "insecureSkipTLSVerify" in spec) == ("Q0E=", False)
    assert registration["metadata"]["name"] == f"{spec['version']}.{spec['group']}" == "v1beta1.metrics.k8s.io"
    assert service["metadata"] == {"name": "metrics-server", "namespace": "kube-system"}
    assert service["spec"] == {"type": "ExternalName", "externalName": "localhost"}


# Where it is kept.


def test_ports_are_distinct() -> None:
    for _ in range(5):
        ports = astuple(choose_ports())
        assert len(set(ports)) == 7
        assert all(1024 <= port < 65536 for port in ports)


def test_the_directory_is_its_owners_alone_and_new(tmp_path: Path) -> None:
    directory = Directory(tmp_path / "planes" / "shop-dev")
    directory.prepare()
    assert directory.path.stat().st_mode & 0o777 == 0o700
    assert directory.certificates.is_dir()
    assert directory.logs.is_dir()
    with pytest.raises(FileExistsError):
        directory.prepare()


# Found again, started, ended.


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a process was started or ended")

    monkeypatch.setattr(running.subprocess, "Popen", refuse)
    monkeypatch.setattr(running.os, "kill", refuse)


def test_none_is_found_where_nothing_is_or_the_supervisor_died(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "never", tmp_path / "empty", describe(tmp_path / "shop-dev").path):
        assert running.find(path) is None, path


def test_one_that_is_not_ready_yet_is_not_found(tmp_path: Path) -> None:
    directory = describe(tmp_path / "shop-dev")
    directory.description.unlink()
    with hold(directory):
        assert running.find(directory.path) is None


def test_one_that_runs_is_found(tmp_path: Path) -> None:
    with hold(describe(tmp_path / "shop-dev")) as directory:
        found = running.find(directory.path)
        assert found == running.RunningControlPlane(directory, ENDPOINT, "Q0E=")
        assert running.require(directory.path, "dev") == found


@pytest.mark.usefixtures("no_process")
def test_a_second_one_is_not_started_in_its_directory(tmp_path: Path) -> None:
    with hold(describe(tmp_path / "shop-dev")) as directory:
        with pytest.raises(Refusal, match=f" {directory.path} "):
            running.start(directory.path, tmp_path / "account", tmp_path / "token", "fast", print)
        assert directory.description.exists()


def test_one_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python"
    program.write_text('#!/bin/sh\necho "etcd: no space left on device" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setattr(running, "sys", SimpleNamespace(executable=str(program)))
    left_behind = describe(tmp_path / "planes" / "shop-dev")
    said: list[str] = []
    with pytest.raises(Refusal, match=r": etcd: no space left on device$"):
        running.start(left_behind.path, tmp_path / "account", tmp_path / "token", "fast", said.append)
    # What a machine that went down left there is in nobody's way.
    assert not left_behind.path.exists()
    assert said == [Says("etcd")]


@pytest.mark.usefixtures("no_process")
def test_none_is_ended_where_none_runs(tmp_path: Path) -> None:
    directory = describe(tmp_path / "shop-dev")
    directory.path.with_suffix(".log").touch()
    assert running.stop(directory.path) is False
    assert not directory.path.with_suffix(".log").exists()
    assert running.stop(tmp_path / "never") is False


def test_a_token_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path, other = tmp_path / "token", tmp_path / "other"
    running.make_token(path)
    made = path.read_text()
    assert re.fullmatch(r"k8s-aws-v1\.[\w-]{40,}", made)
    assert path.stat().st_mode & 0o777 == 0o600
    running.make_token(path)
    assert path.read_text() == made
    running.make_token(other)
    assert other.read_text() != made


_SIGNALS = SimpleNamespace(SIGTERM=15, SIGINT=2, SIGHUP=1, signal=print)
"""Nobody else's signals are caught."""


def test_a_supervisor_leaves_a_directory_alone_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = describe(tmp_path / "shop-dev")
    monkeypatch.setattr(supervisor, "signal", _SIGNALS)
    plan = Plan(directory, tmp_path / "account", _BINARIES, _TOKEN, "fast", with_parent=False)
    with pytest.raises(Refusal, match=f"^{directory.path} "):
        Supervisor(plan).run(print)
    assert directory.description.exists()
