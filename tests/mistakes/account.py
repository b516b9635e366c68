"""Mistakes in what a stack file says of the environment: domain, protection, region, role, account, tags."""

from tests.mistakes.mistake import Mistake

ACCOUNT: tuple[Mistake, ...] = (
    Mistake(
        "domain is empty",
        {"slipway:domain": ""},
        ("slipway:domain: is required; expected a host name in lower case such as shop.example.com",),
    ),
    Mistake(
        "domain is missing",
        {},
        ("slipway:domain: is required; expected a host name in lower case such as shop.example.com",),
        without=("slipway:domain",),
    ),
    Mistake(
        "domain with a scheme",
        {"slipway:domain": "https://dev.example.com"},
        ('slipway:domain: is "https://dev.example.com"; expected a host name in lower case such as shop.example.com',),
    ),
    Mistake(
        "namespace with an underscore",
        {"slipway:namespace": "my_shop"},
        (
            'slipway:namespace: is "my_shop"; expected a name of at most 40 lower-case letters, '
            "digits and hyphens that begins with a letter",
        ),
    ),
    Mistake(
        "protect is no boolean", {"slipway:protect": "yes"}, ('slipway:protect: is "yes"; expected true or false',)
    ),
    Mistake(
        "drain of 4 seconds",
        {"slipway:drainSeconds": 4},
        ("slipway:drainSeconds: is 4; expected a whole number from 5 to 600",),
    ),
    Mistake(
        "drain as text with a unit",
        {"slipway:drainSeconds": "30s"},
        ('slipway:drainSeconds: is "30s"; expected a whole number from 5 to 600',),
    ),
    Mistake(
        "rollout of half a minute",
        {"slipway:rolloutSeconds": 30},
        ("slipway:rolloutSeconds: is 30; expected a whole number from 60 to 3600",),
    ),
    Mistake(
        "unknown key at the top",
        {"slipway:colour": "red"},
        (
            "slipway:colour: is not a known key; expected one of account, allowDatabaseLoss, capacity, cluster, "
            "database, databasePasswords, domain, drainSeconds, images, immutableImages, loadBalancer, migration, "
            "namespace, network, nodeGroups, observability, protect, readOnly, rolloutSeconds, services, tags",
        ),
    ),
    Mistake("no region", {}, ("aws:region: is required; expected such as us-west-2",), without=("aws:region",)),
    Mistake(
        "region and zones apart",
        {"slipway:network.availabilityZones": ["us-west-2a", "us-west-2b", "us-west-2c"], "aws:region": "eu-west-1"},
        (
            "slipway:network.availabilityZones[0]: is us-west-2a; expected a zone of eu-west-1",
            "slipway:network.availabilityZones[1]: is us-west-2b; expected a zone of eu-west-1",
            "slipway:network.availabilityZones[2]: is us-west-2c; expected a zone of eu-west-1",
        ),
    ),
    Mistake(
        "no such region",
        {"aws:region": "Oregon"},
        ('aws:region: is "Oregon"; expected an AWS region such as us-west-2',),
    ),
    Mistake(
        "no account",
        {},
        ("slipway:account: is required; expected a text of twelve digits: an AWS account",),
        without=("slipway:account",),
    ),
    Mistake(
        "an account without its leading zero",
        {"slipway:account": "12345678901"},
        ('slipway:account: is "12345678901"; expected a text of twelve digits: an AWS account',),
    ),
    Mistake(
        "a role in place of the account",
        {"slipway:account": "arn:aws:iam::123456789012:role/slipway-dev-deploy"},
        (
            'slipway:account: is "arn:aws:iam::123456789012:role/slipway-dev-deploy"; '
            "expected a text of twelve digits: an AWS account",
        ),
    ),
    Mistake(
        "no tags",
        {},
        ("slipway:tags.owner: is required; expected who is asked about these resources, such as a team",),
        without=("slipway:tags",),
    ),
    Mistake(
        "no owner",
        {"slipway:tags": {"team": "platform"}},
        ("slipway:tags.owner: is required; expected who is asked about these resources, such as a team",),
    ),
    Mistake(
        "a tag that is the program's",
        {"slipway:tags.stack": "prod"},
        ("slipway:tags.stack: is set by the program; expected other tags here",),
    ),
    Mistake(
        "a tag that is AWS's",
        {"slipway:tags": {"owner": "platform", "aws:owner": "me"}},
        ("slipway:tags.aws:owner: begins with aws:, which AWS keeps for itself",),
    ),
    Mistake(
        "tag is a number",
        {"slipway:tags.owner": 7},
        ("slipway:tags.owner: is 7; expected a text of letters, digits, spaces and _.:/=+@-",),
    ),
)
