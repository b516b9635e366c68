"""Computed outputs of identities, keys, registries, buckets and parameters."""

from typing import Any

from sandbox.aws.outputs import Making, computes


@computes("aws:iam/role:Role")
def _role(making: Making) -> dict[str, Any]:
    return {
        "uniqueId": f"AROA{making.seed.letters(17)}",
        "path": "/",
        "maxSessionDuration": 3600,
        "forceDetachPolicies": False,
        "createDate": making.now(),
    }


@computes("aws:iam/policy:Policy")
def _policy(making: Making) -> dict[str, Any]:
    return {"policyId": f"ANPA{making.seed.letters(17)}", "path": "/", "attachmentCount": 0}


@computes("aws:kms/key:Key")
def _key(making: Making) -> dict[str, Any]:
    return {
        "keyId": making.identity.id,
        "isEnabled": True,
        "keyUsage": "ENCRYPT_DECRYPT",
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "enableKeyRotation": False,
        "multiRegion": False,
    }


@computes("aws:kms/alias:Alias")
def _alias(making: Making) -> dict[str, Any]:
    target = str(making.inputs["targetKeyId"])
    key = making.inventory.by_arn(target) or making.inventory.by_id(target)
    return {"targetKeyArn": key.arn if key else target}


@computes("aws:ecr/repository:Repository")
def _repository(making: Making) -> dict[str, Any]:
    host = f"{making.place.account}.dkr.ecr.{making.place.region}.amazonaws.com"
    return {
        "registryId": making.place.account,
        "repositoryUrl": f"{host}/{making.inputs['name']}",
        "imageTagMutability": "MUTABLE",
    }


@computes("aws:s3/bucket:Bucket")
def _bucket(making: Making) -> dict[str, Any]:
    bucket = making.inputs["bucket"]
    return {
        "bucketDomainName": f"{bucket}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{bucket}.s3.{making.place.region}.amazonaws.com",
        "bucketRegion": making.place.region,
        "hostedZoneId": "Z3BJ6K6RIION7M",
        "websiteDomain": "",
        "websiteEndpoint": "",
    }


@computes("aws:ssm/parameter:Parameter")
def _parameter(making: Making) -> dict[str, Any]:
    return {
        "arn": making.identity.arn,
        "tier": "Standard",
        "dataType": "text",
        "version": 1,
        "hasValueWo": False,
    }


@computes("aws:ssm/association:Association")
def _association(making: Making) -> dict[str, Any]:
    return {"associationId": making.identity.id, "arn": making.identity.arn}


@computes("aws:ssm/document:Document")
def _document(making: Making) -> dict[str, Any]:
    return {
        "defaultVersion": "1",
        "latestVersion": "1",
        "documentVersion": "1",
        "status": "Active",
        "owner": making.place.account,
    }


@computes("aws:cloudwatch/logGroup:LogGroup")
def _log_group(_making: Making) -> dict[str, Any]:
    return {"logGroupClass": "STANDARD", "retentionInDays": 0, "skipDestroy": False}
