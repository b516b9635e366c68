"""A network, registries and a secret: enough to see the engine do everything it does."""

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
if config.get("refuse"):
    raise pulumi.RunError("this stack is refused")
if config.get("break"):
    print("about to fail")
    raise KeyError("broken on purpose")

vpc = aws.ec2.Vpc("network", cidr_block=config.get("range") or "10.0.0.0/16")
subnet = aws.ec2.Subnet("first", vpc_id=vpc.id, cidr_block="10.0.1.0/24", availability_zone="us-west-2a")
repositories = [
    aws.ecr.Repository(
        name, name=f"small/{name}", image_tag_mutability=config.get("mutability") or "IMMUTABLE", force_delete=True
    )
    for name in config.require_object("repositories")
]
passwords = config.require_secret_object("databasePasswords")
parameter = aws.ssm.Parameter("password", type="SecureString", value=passwords.apply(lambda known: known["users"]))

pulumi.export("vpc", vpc.id)
pulumi.export("opening", config.require("opening"))
pulumi.export("password", passwords.apply(lambda known: known["users"]))
