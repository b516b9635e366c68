"""Rules about Systems Manager: command documents, and the associations that run them."""

import json
import re
from typing import Any, Final

from sandbox.aws.rules import Call, rule
from sandbox.inventory import Record
from sandbox.values import as_map, objects

DOCUMENT_TYPE: Final = "aws:ssm/document:Document"
ASSOCIATION_TYPE: Final = "aws:ssm/association:Association"
_API: Final = "https://docs.aws.amazon.com/systems-manager/latest/APIReference/"
_GUIDE: Final = "https://docs.aws.amazon.com/systems-manager/latest/userguide/"


@rule("create", "update", on=(DOCUMENT_TYPE,), page=f"{_GUIDE}documents-schemas-features.html")
def _document_is_whole(call: Call) -> None:
    """A command document in JSON has a schema version and steps, each with a name and an action."""
    if call.inputs.get("documentType") != "Command" or call.inputs.get("documentFormat") not in {None, "JSON"}:
        return
    try:
        content = as_map(json.loads(str(call.inputs["content"])))
    except ValueError as error:
        call.refuse("InvalidDocumentContent", f"JSON not well-formed: {error}")
    steps = objects(content.get("mainSteps"))
    if content.get("schemaVersion") != "2.2" or not steps:
        call.refuse("InvalidDocumentContent", "a schemaVersion 2.2 document needs mainSteps")
    if not all(step.get("action") and step.get("name") for step in steps):
        call.refuse("InvalidDocumentContent", "each of mainSteps needs action and name")
    for name, parameter in as_map(content.get("parameters")).items():
        try:
            re.compile(str(as_map(parameter).get("allowedPattern", "")))
        except re.error as error:
            call.refuse("InvalidDocumentContent", f"allowedPattern of {name}: {error}")


@rule("create", "update", on=(DOCUMENT_TYPE,), page=f"{_API}API_CreateDocument.html")
def _document_name(call: Call) -> None:
    """A document's name has 3 to 128 letters, digits and _.- and is none of AWS's own."""
    name = str(call.inputs["name"])
    if not re.fullmatch(r"[a-zA-Z0-9_\-.]{3,128}", name) or name.lower().startswith(("aws", "amazon", "amzn")):
        call.refuse("ValidationException", f"document name {name!r}")


@rule("create", "update", on=(ASSOCIATION_TYPE,), page=f"{_API}API_CreateAssociation.html")
def _association_fits_document(call: Call) -> None:
    """An association names a document that exists, with its parameters in the form that it allows."""
    name = str(call.inputs.get("name"))
    if name.startswith("AWS-"):
        return
    document = call.inventory.get(DOCUMENT_TYPE, name)
    if document is None:
        call.refuse("InvalidDocument", f"Document with name {name} does not exist.")
    known = _parameters(document)
    given = as_map(call.inputs.get("parameters"))
    for parameter, value in given.items():
        if parameter not in known:
            call.refuse("InvalidParameters", f"Parameters provided in the request are not allowed: {parameter}")
        if not re.search(str(known[parameter].get("allowedPattern", "")), str(value)):
            call.refuse("InvalidParameters", f"The value of {parameter} does not match its allowedPattern")
    for parameter in known.keys() - given.keys():
        if "default" not in known[parameter]:
            call.refuse("InvalidParameters", f"{parameter} is required")


@rule("create", "update", on=(ASSOCIATION_TYPE,), page=f"{_API}API_CreateAssociation.html")
def _association_has_targets(call: Call) -> None:
    """Rates hold for targets; a rate is a number or a percentage."""
    for name in ("maxConcurrency", "maxErrors"):
        rate = call.inputs.get(name)
        if rate is None:
            continue
        if not objects(call.inputs.get("targets")):
            call.refuse("ValidationException", f"{name} needs targets")
        if not re.fullmatch(r"[0-9]{1,7}|[0-9]{1,2}%|100%", str(rate)):
            call.refuse("ValidationException", f"{name} {rate!r} is neither a number nor a percentage")


@rule("delete", on=(DOCUMENT_TYPE,), page=f"{_API}API_DeleteDocument.html")
def _document_is_free(call: Call) -> None:
    """A document goes after its associations."""
    for association in call.inventory.list(type=ASSOCIATION_TYPE):
        if association.inputs.get("name") == call.existing.id:
            call.refuse(
                "AssociatedInstances",
                f"You must disassociate document {call.existing.id} from all managed nodes before you can delete it",
            )


def _parameters(document: Record) -> dict[str, dict[str, Any]]:
    content = as_map(json.loads(str(document.inputs["content"])))
    return {name: as_map(each) for name, each in as_map(content.get("parameters")).items()}
