"""Rules about balancers, certificates and DNS, both ways."""

from __future__ import annotations

import re
from typing import Any

import pytest
from emulated_account import (
    BALANCER,
    CERTIFICATE,
    LISTENER,
    LISTENER_RULE,
    RECORD,
    SUBNET,
    TARGET_GROUP,
    Account,
    Network,
)

from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit

_VALIDATION = "aws:acm/certificateValidation:CertificateValidation"
_FURTHER = "aws:lb/listenerCertificate:ListenerCertificate"
_PATH = [{"pathPattern": {"values": ["/users/*"]}}]
_NO_HEALTHY_CODES = ("199", "200-500", "200-", "2xx")


def test_a_balancer_stands_in_two_zones(account: Account, network: Network) -> None:
    with pytest.raises(AwsError, match=r"two .*Availability Zones"):
        account.balancer(network, subnets=[network.subnets[0].id])
    inputs = {"vpcId": network.vpc.id, "cidrBlock": "10.0.9.0/24", "availabilityZone": "us-west-2a"}
    twin = account.create(SUBNET, "twin", inputs)
    with pytest.raises(AwsError, match="same AZ"):
        account.balancer(network, subnets=[*(subnet.id for subnet in network.subnets), twin.id])
    balancer = account.balancer(network)
    assert balancer["dnsName"].endswith(".us-west-2.elb.amazonaws.com")
    assert balancer["arnSuffix"].startswith("app/balancer-")


def test_a_public_balancer_needs_an_internet_gateway(account: Account, network: Network) -> None:
    account.delete(network.gateway)
    with pytest.raises(AwsError, match=f"InvalidSubnet: .*{network.vpc.id}"):
        account.balancer(network)
    assert account.balancer(network, internal=True)["dnsName"].startswith("internal-")


def test_a_protected_balancer_stays(account: Account) -> None:
    balancer = account.balancer(account.network(), enableDeletionProtection=True)
    with pytest.raises(AwsError, match="OperationNotPermitted"):
        account.delete(balancer)
    account.delete(account.update(balancer, enableDeletionProtection=False))
    assert account.inventory.list(type=BALANCER) == []


def test_balancer_names_collide(account: Account, network: Network) -> None:
    account.balancer(network, name="web")
    with pytest.raises(AwsError, match="DuplicateLoadBalancerName"):
        account.create(BALANCER, "other", {"name": "web", "subnets": [each.id for each in network.subnets]})


def test_one_listener_for_a_port_and_one_rule_for_a_priority(account: Account, network: Network) -> None:
    balancer, group = account.balancer(network), account.target_group(network.vpc)
    listener = account.listener(balancer, group)
    with pytest.raises(AwsError, match="DuplicateListener"):
        account.listener(balancer, group, "second")
    actions = [{"type": "forward", "targetGroupArn": group.arn}]
    rule = {"listenerArn": listener.arn, "priority": 10, "conditions": _PATH, "actions": actions}
    account.create(LISTENER_RULE, "rule", rule)
    with pytest.raises(AwsError, match="PriorityInUse"):
        account.create(LISTENER_RULE, "second", rule)
    other = account.create(LISTENER_RULE, "other", {**rule, "priority": 11})
    with pytest.raises(AwsError, match="PriorityInUse"):
        account.update(other, priority=10)
    unsaid = account.create(LISTENER_RULE, "unsaid", {key: rule[key] for key in rule if key != "priority"})
    assert unsaid["priority"] == 12
    for wrong, facts in (
        ({"priority": 50001}, ["priority 50001", "1", "50000"]),
        ({"conditions": []}, ["condition"]),
        ({"actions": [{"type": "forward"}]}, ["forward", "target group"]),
    ):
        with pytest.raises(AwsError) as refused:
            account.create(LISTENER_RULE, "wrong", {**rule, "priority": 20, **wrong})
        assert Says("ValidationError", *facts) == str(refused.value)


def test_weights(account: Account, network: Network) -> None:
    balancer = account.balancer(network)
    old, new = (account.target_group(network.vpc, name) for name in ("old", "new"))

    def actions(weight: int) -> list[dict[str, Any]]:
        targets = [{"arn": old.arn, "weight": 100}, {"arn": new.arn, "weight": weight}]
        return [{"type": "forward", "forward": {"targetGroups": targets}}]

    with pytest.raises(AwsError, match=r"weight 1000.*\b0 to 999\b"):
        account.listener(balancer, old, defaultActions=actions(1000))
    listener = account.listener(balancer, old, defaultActions=actions(0))
    account.update(listener, defaultActions=actions(999))


def test_a_target_group_serves_one_balancer_of_its_vpc(account: Account, network: Network) -> None:
    group = account.target_group(network.vpc)
    account.listener(account.balancer(network), group)
    second = account.create(BALANCER, "second", {"subnets": [each.id for each in network.subnets]})
    with pytest.raises(AwsError, match="TargetGroupAssociationLimit"):
        account.listener(second, group, "second")
    elsewhere = account.target_group(account.vpc("10.7.0.0/16"), "elsewhere")
    with pytest.raises(AwsError, match=r"target group elsewhere-.* VPC"):
        account.listener(second, elsewhere, "second")


def test_a_target_group_in_use_stays(account: Account, network: Network) -> None:
    balancer, group = account.balancer(network), account.target_group(network.vpc)
    listener = account.listener(balancer, group)
    with pytest.raises(AwsError, match="ResourceInUse"):
        account.delete(group)
    account.delete(listener)
    account.delete(group)


def test_a_balancer_takes_its_listeners_along(account: Account, network: Network) -> None:
    balancer, group = account.balancer(network), account.target_group(network.vpc)
    listener = account.listener(balancer, group)
    account.delete(balancer)
    assert account.read(listener) is None
    account.delete(group)


@pytest.mark.parametrize(
    ("wrong", "facts"),
    [
        ({"port": None}, ["port", "instance"]),
        ({"vpcId": None}, ["vpcId", "instance"]),
        ({"healthCheck": {"timeout": 10, "interval": 10}}, ["timeout '10'", "interval '10'"]),
        ({"deregistrationDelay": 3601}, ["3601", "0", "3600 seconds"]),
        *(({"healthCheck": {"matcher": codes}}, [f"'{codes}'", "200", "499"]) for codes in _NO_HEALTHY_CODES),
    ],
)
def test_a_target_group_fits(account: Account, wrong: dict[str, Any], facts: list[str]) -> None:
    right = {"port": 80, "protocol": "HTTP", "vpcId": account.vpc().id}
    inputs = {key: value for key, value in {**right, **wrong}.items() if value is not None}
    with pytest.raises(AwsError) as refused:
        account.create(TARGET_GROUP, "group", inputs)
    assert Says("ValidationError", *facts) == str(refused.value)
    account.create(TARGET_GROUP, "right", {**right, "healthCheck": {"matcher": "200,301-302,404"}})


def test_a_certificate_is_issued_once_its_records_stand(account: Account) -> None:
    zone = account.zone()
    names = {"domainName": "example.com", "subjectAlternativeNames": ["*.example.com", "www.example.com"]}
    certificate = account.create(CERTIFICATE, "certificate", {**names, "validationMethod": "DNS"})
    options = certificate["domainValidationOptions"]
    assert [option["domainName"] for option in options] == ["example.com", "*.example.com", "www.example.com"]
    assert options[0]["resourceRecordName"] == options[1]["resourceRecordName"] != options[2]["resourceRecordName"]
    validation = {"certificateArn": certificate.arn}
    with pytest.raises(AwsError, match="PENDING_VALIDATION"):
        account.create(_VALIDATION, "validation", validation)
    account.validate(certificate, zone)
    account.create(_VALIDATION, "validation", validation)
    seen = account.found(certificate)
    assert (certificate["status"], seen["status"]) == ("PENDING_VALIDATION", "ISSUED")


def test_a_validation_record_of_another_value_counts_for_nothing(account: Account) -> None:
    zone = account.zone()
    certificate = account.create(CERTIFICATE, "c", {"domainName": "example.com", "validationMethod": "DNS"})
    name = certificate["domainValidationOptions"][0]["resourceRecordName"]
    record = {"zoneId": zone.id, "name": name, "type": "CNAME", "ttl": 60, "records": ["wrong.acm-validations.aws."]}
    account.create(RECORD, "validation", record)
    with pytest.raises(AwsError, match="PENDING_VALIDATION"):
        account.create(_VALIDATION, "validation", {"certificateArn": certificate.arn})


@pytest.mark.parametrize("name", ["localhost", "a.*.example.com", "*.*.example.com", "a..example.com"])
def test_a_certificate_is_for_domain_names(account: Account, name: str) -> None:
    with pytest.raises(AwsError, match=re.escape(f"'{name}'")):
        account.create(CERTIFICATE, "c", {"domainName": name, "validationMethod": "DNS"})


def test_https_needs_an_issued_certificate(account: Account, network: Network) -> None:
    balancer, group = account.balancer(network), account.target_group(network.vpc)
    certificate = account.create(CERTIFICATE, "c", {"domainName": "example.com", "validationMethod": "DNS"})
    https = {"port": 443, "protocol": "HTTPS"}
    with pytest.raises(AwsError, match=r"CertificateNotFound: .* HTTPS"):
        account.listener(balancer, group, **https)
    with pytest.raises(AwsError, match=f"UnsupportedCertificate: .*{certificate.arn}.*PENDING_VALIDATION"):
        account.listener(balancer, group, **https, certificateArn=certificate.arn)
    with pytest.raises(AwsError, match=r"InvalidConfigurationRequest: .* HTTP "):
        account.listener(balancer, group, certificateArn=certificate.arn)
    account.validate(certificate, account.zone())
    listener = account.listener(balancer, group, **https, certificateArn=certificate.arn)
    with pytest.raises(AwsError, match="ResourceInUseException"):
        account.delete(certificate)
    other = account.create(CERTIFICATE, "other", {"domainName": "example.org", "validationMethod": "DNS"})
    with pytest.raises(AwsError, match="UnsupportedCertificate"):
        account.create(_FURTHER, "further", {"listenerArn": listener.arn, "certificateArn": other.arn})
    account.delete(listener)
    account.delete(certificate)
    assert account.inventory.list(type=LISTENER) == []


def test_records(account: Account) -> None:
    zone = account.zone()
    record = {"zoneId": zone.id, "name": "www", "type": "A", "ttl": 60, "records": ["192.0.2.1"]}
    made = account.create(RECORD, "www", record)
    assert (made["fqdn"], made.id) == ("www.example.com", f"{zone.id}_www_A")
    for wrong, facts in (
        ({}, ["InvalidChangeBatch", "name='www.example.com', type='A'"]),
        ({"name": "www.example.com"}, ["InvalidChangeBatch", "name='www.example.com', type='A'"]),
        ({"type": "CNAME", "records": ["x.example.com"]}, ["InvalidChangeBatch", "CNAME", "www.example.com"]),
        ({"name": "a", "ttl": None}, ["InvalidInput", "ttl"]),
        ({"name": "a", "records": None}, ["InvalidInput", "aliases", "records"]),
        ({"name": "a", "zoneId": "ZNOWHERE"}, ["NoSuchHostedZone", "ZNOWHERE"]),
    ):
        inputs = {key: value for key, value in {**record, **wrong}.items() if value is not None}
        with pytest.raises(AwsError) as refused:
            account.create(RECORD, "second", inputs)
        assert Says(*facts) == str(refused.value)
    with pytest.raises(AwsError, match="HostedZoneNotEmpty"):
        account.delete(zone)
    account.delete(made)
    account.delete(zone)


def test_an_alias_has_a_target(account: Account) -> None:
    zone, balancer = account.zone(), account.balancer(account.network())

    def alias(name: str) -> dict[str, Any]:
        target = {"name": name, "zoneId": balancer["zoneId"], "evaluateTargetHealth": True}
        return {"zoneId": zone.id, "name": "www.example.com", "type": "A", "aliases": [target]}

    with pytest.raises(AwsError, match=r"gone-1\.us-west-2\.elb\.amazonaws\.com"):
        account.create(RECORD, "www", alias("gone-1.us-west-2.elb.amazonaws.com"))
    assert account.create(RECORD, "www", alias(balancer["dnsName"]))
    assert account.create(RECORD, "api", {**alias(f"dualstack.{balancer['dnsName']}"), "name": "api.example.com"})


def test_a_zone_may_be_destroyed_by_force(account: Account) -> None:
    zone = account.zone(forceDestroy=True)
    record = {"zoneId": zone.id, "name": "www", "type": "A", "ttl": 60, "records": ["192.0.2.1"]}
    account.create(RECORD, "www", record)
    account.delete(zone)
