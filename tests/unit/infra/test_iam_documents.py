"""Trust policies, whole."""

import json

import pytest

from infra.iam_documents import POD_IDENTITY_TRUST, trust_of_account

pytestmark = pytest.mark.unit


def test_a_service_takes_a_role_only_for_what_is_in_this_account() -> None:
    assert trust_of_account("events.amazonaws.com", "123456789012") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
            }
        ],
    }


def test_pods_take_a_role_and_tag_the_session() -> None:
    assert json.loads(POD_IDENTITY_TRUST) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            }
        ],
    }
