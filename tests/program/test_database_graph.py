"""What the program declares for a database server of the stack's own, and for the back ends that use it."""

from typing import Any

import pytest

from tests.program.recorded_graph import Declared, Graph, record
from tests.stack_values import stack_config

pytestmark = pytest.mark.program

INSTANCE = "aws:rds/instance:Instance"
JOB = "kubernetes:batch/v1:Job"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
DIGEST = stack_config("prod")["slipway:images"]["thoughts_backend"]["digest"]


def pod(job: Declared) -> dict[str, Any]:
    return job.inputs["spec"]["template"]["spec"]


def variables(container: dict[str, Any]) -> dict[str, Any]:
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


def migrating() -> Graph:
    config = stack_config("prod")
    config["slipway:services"]["thoughts"]["migrateCommand"] = ["python", "manage.py", "migrate"]
    return record("prod", config)


def test_only_a_stack_that_says_so_has_a_server(dev: Graph, prod: Graph) -> None:
    assert not dev.of(INSTANCE)
    assert not dev.of(JOB)
    assert len(prod.of(INSTANCE)) == 1


def test_the_server_is_encrypted_private_kept_and_watched(prod: Graph) -> None:
    (instance,) = prod.of(INSTANCE)
    inputs = instance.inputs
    assert instance.protect
    assert (inputs["deletionProtection"], inputs["skipFinalSnapshot"], inputs["deleteAutomatedBackups"]) == (
        True,
        False,
        False,
    )
    assert (inputs["storageEncrypted"], inputs["publiclyAccessible"], inputs["multiAz"]) == (True, False, True)
    assert inputs["kmsKeyId"] == inputs["performanceInsightsKmsKeyId"]
    assert (inputs["engine"], inputs["engineVersion"], inputs["autoMinorVersionUpgrade"]) == ("postgres", "18.1", False)
    assert (inputs["allocatedStorage"], inputs["maxAllocatedStorage"]) == (100, 500)
    assert (inputs["databaseInsightsMode"], inputs["performanceInsightsRetentionPeriod"]) == ("advanced", 465)
    assert inputs["backupRetentionPeriod"] == 14
    assert inputs["applyImmediately"] is False
    (parameters,) = prod.of("aws:rds/parameterGroup:ParameterGroup")
    assert parameters.inputs["family"] == "postgres18"
    assert {each["name"]: each["value"] for each in parameters.inputs["parameters"]}["rds.force_ssl"] == "1"
    groups = {each.inputs["name"] for each in prod.of("aws:cloudwatch/logGroup:LogGroup")}
    assert {f"/aws/rds/instance/slipway-prod-database/{kind}" for kind in ("postgresql", "upgrade")} <= groups
    assert {each.urn for each in prod.of("aws:cloudwatch/logGroup:LogGroup") if "database" in each.name} <= set(
        instance.dependencies
    )


def test_only_the_pods_reach_the_server(prod: Graph) -> None:
    (instance,) = prod.of(INSTANCE)
    (subnets,) = prod.of("aws:rds/subnetGroup:SubnetGroup")
    assert subnets.inputs["subnetIds"] == [f"slipway-prod-isolated-us-west-2{zone}-id" for zone in "abc"]
    (group,) = instance.inputs["vpcSecurityGroupIds"]
    (rule,) = [each for each in prod.of(INGRESS) if each.inputs["securityGroupId"] == group]
    assert rule.inputs["referencedSecurityGroupId"] == "sg-made-by-eks"
    assert (rule.inputs["fromPort"], rule.inputs["toPort"]) == (5432, 5432)
    assert not [each for each in prod.of(INGRESS) if each.inputs.get("cidrIpv4") and each.inputs["fromPort"] == 5432]
    egress = prod.of("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert not [each for each in egress if each.inputs["securityGroupId"] == group]


def test_a_back_end_talks_to_it_by_verified_tls(prod: Graph) -> None:
    (container,) = pod(prod.one(DEPLOYMENT, "slipway-prod-thoughts-deployment"))["containers"]
    secret = {"secretKeyRef": {"name": "slipway-prod-thoughts-database-1a2b3c4d", "key": "password"}}
    assert variables(container) | {
        "POSTGRES_HOST": "slipway-prod-database.c1a2b3c4d5e6.us-west-2.rds.amazonaws.com",
        "POSTGRES_PORT": "5432",
        "POSTGRES_DB": "thoughts",
        "POSTGRES_USER": "thoughts_a",
        "POSTGRES_PASSWORD": secret,
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "/etc/slipway/database/ca.pem",
    } == variables(container)
    assert {"name": "database-ca", "mountPath": "/etc/slipway/database", "readOnly": True} in container["volumeMounts"]
    bundle = prod.one(CONFIG_MAP, "slipway-prod-thoughts-database-ca").inputs["data"]["ca.pem"]
    assert bundle.count("BEGIN CERTIFICATE") == 3


def test_policies_let_pods_and_jobs_out_to_the_isolated_subnets_only(prod: Graph) -> None:
    subnets = [each for each in prod.of("aws:ec2/subnet:Subnet") if "-isolated-" in each.name]
    isolated = sorted(each.inputs["cidrBlock"] for each in subnets)
    out = {"to": [{"ipBlock": {"cidr": cidr}} for cidr in isolated], "ports": [{"port": 5432, "protocol": "TCP"}]}
    assert out in prod.one(POLICY, "slipway-prod-thoughts-network-policy").inputs["spec"]["egress"]
    jobs = prod.one(POLICY, "slipway-prod-thoughts-jobs").inputs["spec"]
    assert jobs["podSelector"] == {"matchLabels": {"app": "thoughts-backend-job"}}
    assert (jobs["ingress"], jobs["policyTypes"]) == ([], ["Ingress", "Egress"])
    assert out in jobs["egress"]
    assert len(jobs["egress"]) == 2, "names, and the database"
    assert not prod.one(POLICY, "slipway-prod-frontend-network-policy").inputs["spec"]["egress"][2:]


def test_jobs_are_restricted_bounded_and_not_selected_by_their_service(prod: Graph) -> None:
    graph = migrating()
    assert len(graph.of(JOB)) == 3
    for job in graph.of(JOB):
        spec, template = pod(job), job.inputs["spec"]["template"]
        assert template["metadata"]["labels"]["app"].endswith("-backend-job")
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["automountServiceAccountToken"] is False
        assert spec["restartPolicy"] == "Never"
        assert "ttlSecondsAfterFinished" not in job.inputs["spec"]
        assert job.inputs["spec"]["activeDeadlineSeconds"] == 600
        assert job.inputs["metadata"]["annotations"] == {"pulumi.com/replaceUnready": "true"}
        (container,) = spec["containers"]
        security = container["securityContext"]
        assert (security["readOnlyRootFilesystem"], security["allowPrivilegeEscalation"]) == (True, False)
        assert security["runAsUser"] > 0
        assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
        assert container["resources"].keys() == {"requests", "limits"}
        assert "@sha256:" in container["image"]
        client = job.name.endswith("-database")
        assert container["image"].startswith("public.ecr.aws/" if client else "123456789012.dkr.ecr.")
    assert not prod.of(JOB)[0].inputs["metadata"].get("name"), "another content, another name"


def test_the_database_is_made_then_migrated_then_served() -> None:
    graph = migrating()
    made = graph.one(JOB, "slipway-prod-thoughts-database")
    migrated = graph.one(JOB, "slipway-prod-thoughts-migration")
    deployment = graph.one(DEPLOYMENT, "slipway-prod-thoughts-deployment")
    (instance,) = graph.of(INSTANCE)
    policy = graph.one(POLICY, "slipway-prod-thoughts-jobs")
    assert {instance.urn, policy.urn} <= graph.upstream(made)
    assert made.urn in graph.upstream(migrated)
    assert {made.urn, migrated.urn} <= graph.upstream(deployment)
    assert not {each.urn for each in graph.of(JOB)} & graph.upstream(
        graph.one(DEPLOYMENT, "slipway-prod-frontend-deployment")
    )


def test_a_migration_is_named_by_the_images_digest_and_runs_as_the_service_does() -> None:
    graph = migrating()
    job = graph.one(JOB, "slipway-prod-thoughts-migration")
    assert job.inputs["metadata"]["name"] == f"thoughts-backend-migrate-{DIGEST.removeprefix('sha256:')[:12]}"
    (container,) = pod(job)["containers"]
    (serving,) = pod(graph.one(DEPLOYMENT, "slipway-prod-thoughts-deployment"))["containers"]
    assert container["image"] == serving["image"]
    assert container["command"] == ["python", "manage.py", "migrate"]
    assert variables(container) == variables(serving)
    assert job.inputs["spec"]["backoffLimit"] == 0, "a migration that failed half-way is not tried again blindly"


def test_a_new_password_goes_to_the_other_login() -> None:
    config = stack_config("prod")
    config["slipway:services"]["thoughts"]["database"]["passwordVersion"] = 2
    graph = record("prod", config)
    (container,) = pod(graph.one(DEPLOYMENT, "slipway-prod-thoughts-deployment"))["containers"]
    (job,) = pod(graph.one(JOB, "slipway-prod-thoughts-database"))["containers"]
    assert variables(container)["POSTGRES_USER"] == variables(job)["DATABASE_LOGIN"] == "thoughts_b"
    assert variables(job)["PASSWORD_VERSION"] == "2"


def test_passwords_are_in_secrets_and_marked_only(prod: Graph) -> None:
    secrets = prod.of("kubernetes:core/v1:Secret")
    assert {each.name for each in secrets} == {
        f"slipway-prod-{service}-{what}" for service in ("thoughts", "users") for what in ("database", "administrator")
    }
    instance_password = prod.of(INSTANCE)[0].inputs["password"]
    assert isinstance(instance_password, dict), "marked as a secret"
    rest = [each for each in prod.resources if each not in secrets and each.type != INSTANCE]
    for text in ("tell-no", "SCRAM-SHA-256$"):
        assert text not in str([each.inputs for each in rest])
    assert prod.secret_exports == {"kubeconfig"}
