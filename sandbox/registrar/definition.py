"""The definition of `TargetGroupBinding`, the one custom kind of the AWS Load Balancer Controller that is used here.

The fields are the documented ones:
https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/spec/
and https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/apis/elbv2/v1beta1/targetgroupbinding_types.go
What the controller's webhook refuses without asking AWS is refused here by rules of the schema, since no webhook runs:
https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/webhooks/elbv2/targetgroupbinding_validator.go
"""

from typing import Any, Final

GROUP: Final = "elbv2.k8s.aws"
API_VERSION: Final = f"{GROUP}/v1beta1"
KIND: Final = "TargetGroupBinding"

_Schema = dict[str, Any]

_TEXT: Final[_Schema] = {"type": "string"}
_PORT: Final[_Schema] = {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}


def _object(properties: _Schema, *required: str, description: str = "") -> _Schema:
    return {
        "type": "object",
        "properties": properties,
        **({"required": list(required)} if required else {}),
        **({"description": description} if description else {}),
    }


def _list(items: _Schema, description: str = "") -> _Schema:
    return {"type": "array", "items": items, **({"description": description} if description else {})}


def _one_of(*values: str, description: str = "") -> _Schema:
    return {"type": "string", "enum": list(values), **({"description": description} if description else {})}


def _text(description: str, **limits: Any) -> _Schema:
    return {"type": "string", "description": description, **limits}


_SERVICE: Final = _object(
    {"name": _text("The Service."), "port": {**_PORT, "description": "Its port: number or name."}},
    *("name", "port"),
    description="The Service whose pods become targets.",
)

_NETWORKING: Final = _object(
    {
        "ingress": _list(
            _object(
                {
                    "from": _list(
                        _object(
                            {
                                "ipBlock": _object({"cidr": _TEXT}, "cidr"),
                                "securityGroup": _object({"groupID": _TEXT}, "groupID"),
                            }
                        ),
                        "Who may reach the targets; at least one.",
                    ),
                    "ports": _list(
                        _object({"port": _PORT, "protocol": _one_of("TCP", "UDP")}),
                        "The ports to open; all of TCP when empty.",
                    ),
                },
                *("from", "ports"),
            )
        )
    },
    description="Rules that the controller adds to the security groups of the targets.",
)

_NODE_SELECTOR: Final[_Schema] = {
    **_object(
        {
            "matchExpressions": _list(
                _object({"key": _TEXT, "operator": _TEXT, "values": _list(_TEXT)}, "key", "operator")
            ),
            "matchLabels": {"type": "object", "additionalProperties": _TEXT},
        },
        description="The nodes to register, for targets of type instance.",
    ),
    "x-kubernetes-map-type": "atomic",
}


def _stays(field: str) -> _Schema:
    """A field that may not be changed, set or taken away later."""
    return {
        "rule": f"has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || self.{field} == oldSelf.{field})",
        "message": f"TargetGroupBinding update may not change these immutable fields: spec.{field}",
    }


_SPEC: Final[_Schema] = {
    **_object(
        {
            "serviceRef": _SERVICE,
            "targetGroupARN": _text("The target group, by its ARN.", minLength=1),
            "targetGroupName": _text("The target group, by its name."),
            "targetType": _one_of("instance", "ip", description="As the target group has it, if not given."),
            "targetGroupProtocol": _one_of(
                *("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
                description="As the target group has it, if not given.",
            ),
            "ipAddressType": _one_of("ipv4", "ipv6", description="As the target group has it, if not given."),
            "vpcID": _text("As the target group has it, if not given."),
            "networking": _NETWORKING,
            "nodeSelector": _NODE_SELECTOR,
            "multiClusterTargetGroup": {
                "type": "boolean",
                "description": "Whether others register targets in the target group too.",
            },
            "iamRoleArnToAssume": _text("A role in the target group's account, if that is another."),
            "assumeRoleExternalId": _text("The external id for that role."),
        },
        "serviceRef",
    ),
    "x-kubernetes-validations": [
        {
            "rule": "has(self.targetGroupARN) || has(self.targetGroupName)",
            "message": ("TargetGroupBinding must specify these fields: either TargetGroupARN or TargetGroupName"),
        },
        {
            "rule": "!has(self.nodeSelector) || !has(self.targetType) || self.targetType != 'ip'",
            "message": "TargetGroupBinding cannot set NodeSelector when TargetType is ip",
        },
        {
            "rule": "!has(self.iamRoleArnToAssume) || !has(self.targetType) || self.targetType != 'instance'",
            "message": "Unable to use instance target type while using assume role",
        },
        {
            "rule": r"!has(self.vpcID) || self.vpcID.matches('^vpc-([0-9a-f]{8}|[0-9a-f]{17}|[0-9a-f]{32})$')",
            "message": "vpcID must begin with 'vpc-' followed by 8, 17 or 32 lowercase letters (a-f) or numbers",
        },
        *(_stays(field) for field in ("targetGroupARN", "targetType", "ipAddressType", "vpcID")),
    ],
}

_STATUS: Final = _object({"observedGeneration": {"type": "integer", "format": "int64"}})


def _column(name: str, path: str, description: str = "", kind: str = "string", **more: int) -> _Schema:
    described = {"description": description} if description else {}
    return {"name": name, "type": kind, "jsonPath": path, **described, **more}


TARGET_GROUP_BINDING_DEFINITION: Final[dict[str, Any]] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"targetgroupbindings.{GROUP}"},
    "spec": {
        "group": GROUP,
        "names": {
            "kind": KIND,
            "listKind": f"{KIND}List",
            "plural": "targetgroupbindings",
            "singular": "targetgroupbinding",
        },
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1beta1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "additionalPrinterColumns": [
                    _column("SERVICE-NAME", ".spec.serviceRef.name", "The Kubernetes Service's name"),
                    _column("SERVICE-PORT", ".spec.serviceRef.port", "The Kubernetes Service's port"),
                    _column("TARGET-TYPE", ".spec.targetType", "The AWS TargetGroup's TargetType"),
                    _column("ARN", ".spec.targetGroupARN", "The AWS TargetGroup's Amazon Resource Name", priority=1),
                    _column("AGE", ".metadata.creationTimestamp", kind="date"),
                ],
                "schema": {
                    "openAPIV3Schema": _object(
                        {
                            "apiVersion": _TEXT,
                            "kind": _TEXT,
                            "metadata": {"type": "object"},
                            "spec": _SPEC,
                            "status": _STATUS,
                        }
                    )
                },
            }
        ],
    },
}
"""The CustomResourceDefinition, as `kubectl apply` takes it. A binding needs no `status` and is namespaced."""
