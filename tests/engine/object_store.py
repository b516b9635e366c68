"""A real S3 and KMS interface on this machine, by moto, that keeps a list of what it was asked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from urllib.request import Request, urlopen

import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

REGION = "us-west-2"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""For whoever talks to it; it looks at none of them."""


@dataclass
class ObjectStore:
    """What runs.

    Attributes:
        port: where it listens
        calls: what it was asked, as IAM sees it: the action and the ARN
    """

    port: int
    calls: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @property
    def endpoint(self) -> str:
        """What follows the name of a bucket, or of a key, in a URL of Pulumi's."""
        return f"region={REGION}&endpoint=127.0.0.1:{self.port}&disableSSL=true"

    def backend(self, bucket: str) -> str:
        """The bucket as `pulumi login` takes it."""
        return f"s3://{bucket}?{self.endpoint}&s3ForcePathStyle=true"

    def client(self, service: str) -> Any:
        """AWS's own client, for this server."""
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def keys(self, bucket: str) -> set[str]:
        """The names of the objects in a bucket."""
        listed = self.client("s3").list_objects_v2(Bucket=bucket)
        return {each["Key"] for each in listed.get("Contents", [])}


def _as_iam(environ: dict[str, Any]) -> tuple[str, str]:
    """A request in IAM's words.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
    """
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target.startswith("TrentService."):
        return f"kms:{target.partition('.')[2]}", "key"
    path, method = unquote(environ["PATH_INFO"]).lstrip("/"), environ["REQUEST_METHOD"]
    if "/" not in path:
        return {"GET": "s3:ListBucket", "HEAD": "s3:ListBucket"}.get(method, f"{method} bucket"), f"arn:aws:s3:::{path}"
    verbs = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "POST": "PutObject", "DELETE": "DeleteObject"}
    return f"s3:{verbs[method]}", f"arn:aws:s3:::{path}"


@contextmanager
def object_store() -> Generator[ObjectStore]:
    """Runs for the length of the block, empty in the beginning."""
    application = DomainDispatcherApplication(create_backend_app)
    store = ObjectStore(0)

    def recording(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        store.calls.append(_as_iam(environ))
        return application(environ, start_response)

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, recording, threaded=True)
    store.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        # moto keeps one pretended AWS in each process, whichever server is asked.
        reset = Request(f"http://127.0.0.1:{store.port}/moto-api/reset", method="POST")
        urlopen(reset, timeout=60).close()
        store.calls.clear()
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
