"""Errors as AWS and its Pulumi provider word them, with a link to the page that states the rule."""


class AwsError(Exception):
    """A call that the emulated AWS refuses, for instance `creating EC2 VPC: InvalidVpc.Range: ... (see https://...)`.

    Attributes:
        operation: what was tried, in the provider's words, such as `creating EKS Node Group (web)`.
        code: AWS's own error code, such as `DependencyViolation`.
        reason: the plain explanation.
        page: the documentation page that states the rule, or an empty string.
    """

    def __init__(self, operation: str, code: str, reason: str, page: str = "") -> None:
        self.operation = operation
        self.code = code
        self.reason = reason
        self.page = page
        see = f" (see {page})" if page else ""
        super().__init__(f"{operation}: {code}: {reason}{see} [emulated AWS]")


class KubernetesError(Exception):
    """A call that Kubernetes refuses, worded as the API server words it.

    Attributes:
        reason: the plain explanation.
        page: the documentation page that states the rule, or an empty string.
    """

    def __init__(self, reason: str, page: str = "", *, emulated: bool = True) -> None:
        self.reason = reason
        self.page = page
        see = f" (see {page})" if page else ""
        super().__init__(f"{reason}{see} [emulated Kubernetes]" if emulated else f"{reason}{see}")
