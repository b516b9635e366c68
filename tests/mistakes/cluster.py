"""Mistakes in the network, the cluster and the load balancer of a stack file."""

from tests.mistakes.mistake import Mistake

NETWORK = "slipway:network"
CLUSTER = "slipway:cluster"

CLUSTER_AND_NETWORK: tuple[Mistake, ...] = (
    Mistake(
        "no network",
        {},
        (
            f"{NETWORK}.cidr: is required; expected an IPv4 range, named by its first address, such as 10.10.0.0/16",
            f"{NETWORK}.availabilityZones: is required; expected a list of 2 to 3, "
            "each an availability zone such as us-west-2a, or its letter",
            f"{NETWORK}.natGateways: is required; expected one of single, perZone",
        ),
        without=(NETWORK,),
    ),
    Mistake(
        "network is text",
        {NETWORK: "10.10.0.0/16"},
        (f'{NETWORK}: is "10.10.0.0/16"; expected a map with availabilityZones, cidr, natGateways',),
    ),
    Mistake(
        "range is no range",
        {f"{NETWORK}.cidr": "10.10.0.0/33"},
        (
            f'{NETWORK}.cidr: is "10.10.0.0/33"; expected an IPv4 range, named by its first address, such as '
            "10.10.0.0/16",
        ),
    ),
    Mistake(
        "range named by a later address",
        {f"{NETWORK}.cidr": "10.10.3.7/16"},
        (
            f'{NETWORK}.cidr: is "10.10.3.7/16"; expected an IPv4 range, named by its first address, such as '
            "10.10.0.0/16",
        ),
    ),
    Mistake(
        "range too small",
        {f"{NETWORK}.cidr": "10.10.0.0/24"},
        (f"{NETWORK}.cidr: is 10.10.0.0/24; expected a range between /16 and /20",),
    ),
    Mistake(
        "range too large",
        {f"{NETWORK}.cidr": "10.0.0.0/8"},
        (f"{NETWORK}.cidr: is 10.0.0.0/8; expected a range between /16 and /20",),
    ),
    Mistake(
        "range is public",
        {f"{NETWORK}.cidr": "8.8.0.0/16"},
        (
            f"{NETWORK}.cidr: is 8.8.0.0/16; expected a private range, in one of 10.0.0.0/8, 172.16.0.0/12, "
            "192.168.0.0/16",
        ),
    ),
    Mistake(
        "one zone",
        {f"{NETWORK}.availabilityZones": ["us-west-2a"]},
        (
            f'{NETWORK}.availabilityZones: is ["us-west-2a"]; expected a list of 2 to 3, each an availability '
            "zone such as us-west-2a, or its letter",
        ),
    ),
    Mistake(
        "four zones",
        {f"{NETWORK}.availabilityZones": ["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"]},
        (
            f'{NETWORK}.availabilityZones: is ["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"]; '
            "expected a list of 2 to 3, each an availability zone such as us-west-2a, or its letter",
        ),
    ),
    Mistake(
        "zone twice",
        {f"{NETWORK}.availabilityZones": ["us-west-2a", "us-west-2a"]},
        (f"{NETWORK}.availabilityZones[1]: is us-west-2a, which stands there twice",),
    ),
    Mistake(
        "zone of another region",
        {f"{NETWORK}.availabilityZones": ["us-west-2a", "eu-west-1b"]},
        (f"{NETWORK}.availabilityZones[1]: is eu-west-1b; expected a zone of us-west-2",),
    ),
    Mistake(
        "unknown number of NAT gateways",
        {f"{NETWORK}.natGateways": "two"},
        (f'{NETWORK}.natGateways: is "two"; expected one of single, perZone',),
    ),
    Mistake(
        "version is a number",
        {f"{CLUSTER}.version": 1.36},
        (f'{CLUSTER}.version: is 1.36; expected a version of Kubernetes in quotes such as "1.36"',),
    ),
    Mistake(
        "version with a patch",
        {f"{CLUSTER}.version": "1.36.2"},
        (f'{CLUSTER}.version: is "1.36.2"; expected a version of Kubernetes in quotes such as "1.36"',),
    ),
    Mistake(
        "version before that of kube-proxy",
        {f"{CLUSTER}.version": "1.35"},
        (
            f"{CLUSTER}.version: is 1.35, but kube-proxy is v1.36.0-eksbuild.45 in infra/addons.py, which is newer "
            "than the control plane's 1.35",
        ),
    ),
    Mistake(
        "nodes newer than the control plane",
        {f"{CLUSTER}.nodeVersion": "1.37"},
        (f"{CLUSTER}.nodeVersion: is 1.37, which is newer than the control plane's 1.36",),
    ),
    Mistake(
        "endpoint's range is no range",
        {f"{CLUSTER}.publicAccessCidrs": ["my office"]},
        (
            f'{CLUSTER}.publicAccessCidrs[0]: is "my office"; expected an IPv4 range, named by its first '
            "address, such as 10.10.0.0/16",
        ),
    ),
    Mistake(
        "endpoint open to the world in prod",
        {f"{CLUSTER}.publicAccessCidrs": ["203.0.113.0/24", "0.0.0.0/0"]},
        (f"{CLUSTER}.publicAccessCidrs[1]: is 0.0.0.0/0; expected named ranges, or none, in a protected stack",),
        stack="prod",
    ),
    Mistake(
        "administrator is no ARN",
        {f"{CLUSTER}.admins.platform": "platform-team"},
        (
            f'{CLUSTER}.admins.platform: is "platform-team"; expected the ARN of an IAM role or user such as '
            "arn:aws:iam::123456789012:role/platform-team",
        ),
    ),
    Mistake(
        "administrator's name with a dot",
        {f"{CLUSTER}.admins": {"jane.doe": "arn:aws:iam::123456789012:role/jane"}},
        (
            f'{CLUSTER}.admins.jane.doe: is "jane.doe"; expected a name of at most 40 lower-case letters, '
            "digits and hyphens that begins with a letter",
        ),
    ),
    Mistake(
        "deploy role once more",
        {f"{CLUSTER}.admins.me": "arn:aws:iam::123456789012:role/slipway-dev-deploy"},
        (f"{CLUSTER}.admins.me: is the deploy role, which is an administrator already",),
    ),
    Mistake(
        "logs for 10 days",
        {f"{CLUSTER}.logRetentionDays": 10},
        (
            f"{CLUSTER}.logRetentionDays: is 10; expected one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, "
            "365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
        ),
    ),
    Mistake(
        "access logs for no day",
        {"slipway:loadBalancer.accessLogRetentionDays": 0},
        ("slipway:loadBalancer.accessLogRetentionDays: is 0; expected a whole number from 1 to 3653",),
    ),
)
