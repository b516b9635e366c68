"""Mistakes in what a stack file says of the environment: domain, protection, region, role, account, tags."""

from tests.mistakes.mistake import Mistake
from tests.says import Says

ACCOUNT: tuple[Mistake, ...] = (
    Mistake(
        "domain is empty",
        {"slipway:domain": ""},
        (Says("required", "shop.example.com", at="slipway:domain"),),
    ),
    Mistake(
        "domain is missing",
        {},
        (Says("required", "shop.example.com", at="slipway:domain"),),
        without=("slipway:domain",),
    ),
    Mistake(
        "domain with a scheme",
        {"slipway:domain": "https://dev.example.com"},
        (Says('"https://dev.example.com"', "shop.example.com", at="slipway:domain"),),
    ),
    Mistake(
        "namespace with an underscore",
        {"slipway:namespace": "my_shop"},
        (Says('"my_shop"', "40", at="slipway:namespace"),),
    ),
    Mistake(
        "protect is no boolean", {"slipway:protect": "yes"}, (Says('"yes"', "true", "false", at="slipway:protect"),)
    ),
    Mistake(
        "drain of 4 seconds",
        {"slipway:drainSeconds": 4},
        (Says("4", "5", "600", at="slipway:drainSeconds"),),
    ),
    Mistake(
        "drain as text with a unit",
        {"slipway:drainSeconds": "30s"},
        (Says('"30s"', "whole", "5", "600", at="slipway:drainSeconds"),),
    ),
    Mistake(
        "rollout of half a minute",
        {"slipway:rolloutSeconds": 30},
        (Says("30", "60", "3600", at="slipway:rolloutSeconds"),),
    ),
    Mistake(
        "unknown key at the top",
        {"slipway:colour": "red"},
        (
            Says(
                "account, allowDatabaseLoss, capacity, cluster, database, databasePasswords, domain, drainSeconds, "
                "images, immutableImages, loadBalancer, migration, namespace, network, nodeGroups, observability, "
                "protect, readOnly, rolloutSeconds, services, tags",
                at="slipway:colour",
            ),
        ),
    ),
    Mistake("no region", {}, (Says("required", "us-west-2", at="aws:region"),), without=("aws:region",)),
    Mistake(
        "region and zones apart",
        {"slipway:network.availabilityZones": ["us-west-2a", "us-west-2b", "us-west-2c"], "aws:region": "eu-west-1"},
        (
            Says("us-west-2a", "eu-west-1", at="slipway:network.availabilityZones[0]"),
            Says("us-west-2b", "eu-west-1", at="slipway:network.availabilityZones[1]"),
            Says("us-west-2c", "eu-west-1", at="slipway:network.availabilityZones[2]"),
        ),
    ),
    Mistake(
        "no such region",
        {"aws:region": "Oregon"},
        (Says('"Oregon"', "us-west-2", at="aws:region"),),
    ),
    Mistake(
        "no account",
        {},
        (Says("required", "twelve", at="slipway:account"),),
        without=("slipway:account",),
    ),
    Mistake(
        "an account without its leading zero",
        {"slipway:account": "12345678901"},
        (Says('"12345678901"', "twelve", at="slipway:account"),),
    ),
    Mistake(
        "a role in place of the account",
        {"slipway:account": "arn:aws:iam::123456789012:role/slipway-dev-deploy"},
        (Says('"arn:aws:iam::123456789012:role/slipway-dev-deploy"', "twelve", at="slipway:account"),),
    ),
    Mistake(
        "no tags",
        {},
        (Says("required", "team", at="slipway:tags.owner"),),
        without=("slipway:tags",),
    ),
    Mistake(
        "no owner",
        {"slipway:tags": {"team": "platform"}},
        (Says("required", "team", at="slipway:tags.owner"),),
    ),
    Mistake(
        "a tag that is the program's",
        {"slipway:tags.stack": "prod"},
        (Says("program", "other", at="slipway:tags.stack"),),
    ),
    Mistake(
        "a tag that is AWS's",
        {"slipway:tags": {"owner": "platform", "aws:owner": "me"}},
        (Says("aws:", "AWS", at="slipway:tags.aws:owner"),),
    ),
    Mistake(
        "tag is a number",
        {"slipway:tags.owner": 7},
        (Says("7", "_.:/=+@-", at="slipway:tags.owner"),),
    ),
)
