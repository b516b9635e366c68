"""The VPC: public subnets for balancers, private ones for nodes, isolated ones for databases, over several zones."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.flow_logs import FlowLogs, FlowLogsArgs
from infra.settings import NetworkSettings
from infra.standing import CIDR_TAG
from infra.subnets import ZoneSubnets, zone_subnets


@dataclass(frozen=True)
class NetworkArgs:
    """What the network is made of."""

    settings: NetworkSettings
    region: str
    account: str
    protect: bool


class Network(pulumi.ComponentResource):
    """A VPC with its subnets and its ways out: NAT gateways, and S3 without them."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:Network", name, None, opts)
        self._prefix, self._settings = name, args.settings
        self._child = pulumi.ResourceOptions(parent=self)

        self.vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=str(args.settings.cidr),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name, CIDR_TAG: str(args.settings.cidr)},
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        # Adopts the VPC's own default group and empties it: what forgets to name a group reaches nothing.
        # https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default-security-group", vpc_id=self.vpc.id, ingress=[], egress=[], opts=self._child
        )
        self.public: list[aws.ec2.Subnet] = []
        self.private: list[aws.ec2.Subnet] = []
        self.isolated: list[aws.ec2.Subnet] = []
        private_tables: list[aws.ec2.RouteTable] = []
        isolated_table = self._route_table("isolated")
        gateway = aws.ec2.InternetGateway(
            f"{name}-internet-gateway", vpc_id=self.vpc.id, tags={"Name": name}, opts=self._child
        )
        public_table = self._route_table("public")
        public_route = aws.ec2.Route(
            f"{name}-public-route",
            route_table_id=public_table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=self._child,
        )
        nat: aws.ec2.NatGateway | None = None
        for subnets in zone_subnets(args.settings.cidr, args.settings.availability_zones):
            public = self._subnet("public", subnets, str(subnets.public), public_table)
            if nat is None or args.settings.nat_gateways == "perZone":
                nat = self._nat_gateway(subnets.zone, public, public_route)
            private_table = self._route_table(f"private-{subnets.zone}")
            aws.ec2.Route(
                f"{name}-private-{subnets.zone}-route",
                route_table_id=private_table.id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=nat.id,
                opts=self._child,
            )
            private_tables.append(private_table)
            self.public.append(public)
            self.private.append(self._subnet("private", subnets, str(subnets.private), private_table))
            self.isolated.append(self._subnet("isolated", subnets, str(subnets.isolated), isolated_table))
        # Image layers come from S3: without it they would pass the NAT gateway, which is paid by the gigabyte.
        # https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
        aws.ec2.VpcEndpoint(
            f"{name}-s3-endpoint",
            vpc_id=self.vpc.id,
            service_name=f"com.amazonaws.{args.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in [*private_tables, isolated_table]],
            tags={"Name": f"{name}-s3"},
            opts=self._child,
        )
        if args.settings.flow_log_retention_days is not None:
            FlowLogs(name, FlowLogsArgs(self.vpc.id, args.account, args.settings.flow_log_retention_days), self._child)

        self.register_outputs({"vpc_id": self.vpc.id})

    def _route_table(self, tier: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(
            f"{self._prefix}-{tier}-routes",
            vpc_id=self.vpc.id,
            tags={"Name": f"{self._prefix}-{tier}"},
            opts=self._child,
        )

    def _subnet(self, tier: str, zone: ZoneSubnets, cidr: str, table: aws.ec2.RouteTable) -> aws.ec2.Subnet:
        subnet = aws.ec2.Subnet(
            f"{self._prefix}-{tier}-{zone.zone}",
            vpc_id=self.vpc.id,
            availability_zone=zone.zone,
            cidr_block=cidr,
            map_public_ip_on_launch=False,
            tags={"Name": f"{self._prefix}-{tier}-{zone.zone}"},
            opts=self._child,
        )
        aws.ec2.RouteTableAssociation(
            f"{self._prefix}-{tier}-{zone.zone}",
            subnet_id=subnet.id,
            route_table_id=table.id,
            opts=self._child,
        )
        return subnet

    def _nat_gateway(self, zone: str, public: aws.ec2.Subnet, route: aws.ec2.Route) -> aws.ec2.NatGateway:
        address = aws.ec2.Eip(
            f"{self._prefix}-nat-{zone}",
            domain="vpc",
            tags={"Name": f"{self._prefix}-nat-{zone}"},
            # An address can be taken only in a VPC that has its way to the internet.
            # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/eip
            opts=pulumi.ResourceOptions(parent=self, depends_on=[route]),
        )
        return aws.ec2.NatGateway(
            f"{self._prefix}-nat-{zone}",
            subnet_id=public.id,
            allocation_id=address.id,
            tags={"Name": f"{self._prefix}-{zone}"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[route]),
        )
