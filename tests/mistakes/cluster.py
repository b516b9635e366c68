"""Mistakes in the network, the cluster and the load balancer of a stack file."""

from tests.mistakes.mistake import Mistake
from tests.says import Says

NETWORK = "slipway:network"
CLUSTER = "slipway:cluster"

CLUSTER_AND_NETWORK: tuple[Mistake, ...] = (
    Mistake(
        "no network",
        {},
        (
            Says("required", "10.10.0.0/16", at=f"{NETWORK}.cidr"),
            Says("required", "2", "3", "us-west-2a", at=f"{NETWORK}.availabilityZones"),
            Says("required", "single", "perZone", at=f"{NETWORK}.natGateways"),
        ),
        without=(NETWORK,),
    ),
    Mistake(
        "network is text",
        {NETWORK: "10.10.0.0/16"},
        (Says('"10.10.0.0/16"', "availabilityZones", "cidr", "natGateways", at=NETWORK),),
    ),
    Mistake(
        "range is no range",
        {f"{NETWORK}.cidr": "10.10.0.0/33"},
        (Says('"10.10.0.0/33"', "10.10.0.0/16", at=f"{NETWORK}.cidr"),),
    ),
    Mistake(
        "range named by a later address",
        {f"{NETWORK}.cidr": "10.10.3.7/16"},
        (Says('"10.10.3.7/16"', "10.10.0.0/16", at=f"{NETWORK}.cidr"),),
    ),
    Mistake(
        "range too small",
        {f"{NETWORK}.cidr": "10.10.0.0/24"},
        (Says("10.10.0.0/24", "/16", "/20", at=f"{NETWORK}.cidr"),),
    ),
    Mistake(
        "range too large",
        {f"{NETWORK}.cidr": "10.0.0.0/8"},
        (Says("10.0.0.0/8", "/16", "/20", at=f"{NETWORK}.cidr"),),
    ),
    Mistake(
        "range is public",
        {f"{NETWORK}.cidr": "8.8.0.0/16"},
        (Says("8.8.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", at=f"{NETWORK}.cidr"),),
    ),
    Mistake(
        "one zone",
        {f"{NETWORK}.availabilityZones": ["us-west-2a"]},
        (Says('["us-west-2a"]', "2", "3", "us-west-2a", at=f"{NETWORK}.availabilityZones"),),
    ),
    Mistake(
        "four zones",
        {f"{NETWORK}.availabilityZones": ["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"]},
        (
            Says(
                '["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"]',
                "2",
                "3",
                "us-west-2a",
                at=f"{NETWORK}.availabilityZones",
            ),
        ),
    ),
    Mistake(
        "zone twice",
        {f"{NETWORK}.availabilityZones": ["us-west-2a", "us-west-2a"]},
        (Says("us-west-2a", "twice", at=f"{NETWORK}.availabilityZones[1]"),),
    ),
    Mistake(
        "zone of another region",
        {f"{NETWORK}.availabilityZones": ["us-west-2a", "eu-west-1b"]},
        (Says("eu-west-1b", "us-west-2", at=f"{NETWORK}.availabilityZones[1]"),),
    ),
    Mistake(
        "unknown number of NAT gateways",
        {f"{NETWORK}.natGateways": "two"},
        (Says('"two"', "single", "perZone", at=f"{NETWORK}.natGateways"),),
    ),
    Mistake(
        "version is a number",
        {f"{CLUSTER}.version": 1.36},
        (Says("1.36", '"1.36"', at=f"{CLUSTER}.version"),),
    ),
    Mistake(
        "version with a patch",
        {f"{CLUSTER}.version": "1.36.2"},
        (Says('"1.36.2"', '"1.36"', at=f"{CLUSTER}.version"),),
    ),
    Mistake(
        "version before that of kube-proxy",
        {f"{CLUSTER}.version": "1.35"},
        (Says("1.35", "v1.36.0-eksbuild.45", "infra/addons.py", "kube-proxy", at=f"{CLUSTER}.version"),),
    ),
    Mistake(
        "nodes newer than the control plane",
        {f"{CLUSTER}.nodeVersion": "1.37"},
        (Says("1.37", "1.36", at=f"{CLUSTER}.nodeVersion"),),
    ),
    Mistake(
        "endpoint's range is no range",
        {f"{CLUSTER}.publicAccessCidrs": ["my office"]},
        (Says('"my office"', "10.10.0.0/16", at=f"{CLUSTER}.publicAccessCidrs[0]"),),
    ),
    Mistake(
        "endpoint open to the world in prod",
        {f"{CLUSTER}.publicAccessCidrs": ["203.0.113.0/24", "0.0.0.0/0"]},
        (Says("0.0.0.0/0", "none", "protected", at=f"{CLUSTER}.publicAccessCidrs[1]"),),
        stack="prod",
    ),
    Mistake(
        "administrator is no ARN",
        {f"{CLUSTER}.admins.platform": "platform-team"},
        (Says('"platform-team"', "arn:aws:iam::123456789012:role/platform-team", at=f"{CLUSTER}.admins.platform"),),
    ),
    Mistake(
        "administrator's name with a dot",
        {f"{CLUSTER}.admins": {"jane.doe": "arn:aws:iam::123456789012:role/jane"}},
        (Says('"jane.doe"', "40", at=f"{CLUSTER}.admins.jane.doe"),),
    ),
    Mistake(
        "deploy role once more",
        {f"{CLUSTER}.admins.me": "arn:aws:iam::123456789012:role/slipway-dev-deploy"},
        (Says("deploy role", "already", at=f"{CLUSTER}.admins.me"),),
    ),
    Mistake(
        "logs for 10 days",
        {f"{CLUSTER}.logRetentionDays": 10},
        (
            Says(
                "10",
                "1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, "
                "365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
                at=f"{CLUSTER}.logRetentionDays",
            ),
        ),
    ),
    Mistake(
        "access logs for no day",
        {"slipway:loadBalancer.accessLogRetentionDays": 0},
        (Says("0", "1", "3653", at="slipway:loadBalancer.accessLogRetentionDays"),),
    ),
)
