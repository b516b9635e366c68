"""Makes the fields of an object the provider's own before it applies.

https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/await/await.go (`fixCSAFieldManagers`)
"""

from http import HTTPStatus
from typing import Final

from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, Object
from sandbox.kubernetes.awaiting.waiting import get
from sandbox.kubernetes.ownership import taken_over
from sandbox.values import at_path

_ATTEMPTS: Final = 5
"""A controller may write in between; so many times in a row it does not."""


def claimed(api: ApiServer, wanted: Object, manager: str) -> Object:
    """Return the live object, its fields made the manager's own where an update may take them over.

    Raises:
        ApiServerError: the object is gone, or changes all the time.
        UnreachableError: nobody answers.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _claimed(api, wanted, manager)
        except ApiServerError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
    return _claimed(api, wanted, manager)


def _claimed(api: ApiServer, wanted: Object, manager: str) -> Object:
    kind, name = str(wanted["kind"]), str(at_path(wanted, "metadata.name"))
    live = get(api, wanted)
    if live is None:
        raise ApiServerError(HTTPStatus.NOT_FOUND, "NotFound", f'{kind.lower()}s "{name}" not found')
    entries = taken_over(live, manager)
    if entries is None:
        return live
    namespace = str(at_path(wanted, "metadata.namespace") or "")
    change = {"metadata": {"managedFields": entries, "resourceVersion": live["metadata"]["resourceVersion"]}}
    return api.patch(str(wanted["apiVersion"]), kind, name, namespace, change=change)
