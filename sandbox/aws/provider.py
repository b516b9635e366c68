"""The emulated AWS: one generic Pulumi provider for every `aws:*` type.

It checks inputs against the installed SDK, enforces the rules in `rules`, and keeps what exists in an
`Inventory`. No call ever leaves the machine.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from pulumi.provider.experimental import provider as sdk

from sandbox.aws.account import Caller, caller_from
from sandbox.aws.effects import (
    NODE_GROUP_TYPE,
    adopted,
    after_create,
    after_delete,
    after_update,
    as_it_is_now,
    before_delete,
)
from sandbox.aws.errors import AwsError
from sandbox.aws.functions import call_function
from sandbox.aws.identifiers import Identity, Place, Seed, identity_of, scope_of
from sandbox.aws.names import NameTooLongError, is_fixed, name_from_prefix, naming_of, with_name
from sandbox.aws.outputs import ControlPlane, Making, outputs_of, preview_outputs
from sandbox.aws.replacements import must_go_first, replacing_properties
from sandbox.aws.rules import Call, enforce, title
from sandbox.aws.schema import Schema, UnknownTypeError, check_inputs, schema_of
from sandbox.difference import INPUTS_KEY, difference, merged_outputs
from sandbox.faults import Faults
from sandbox.interference import Interference
from sandbox.inventory import AlreadyRecordedError, Inventory, Record
from sandbox.latency import Latencies
from sandbox.nodes.timing import Waits
from sandbox.nodes.waits import begin_removal, until_joined, until_left
from sandbox.partial_failure import PartialFailureError
from sandbox.urn import type_of
from sandbox.values import marked, plain_map, property_map, revealed

_NUMBER_KEY: Final = "__number"
"""Where a record keeps the number its generated values derive from."""


def region_of(record: Record) -> str:
    """Return the region of a record, an empty string for a global one."""
    return record.scope.split("/")[0]


class AwsProvider(sdk.Provider):
    """The emulated AWS account as a Pulumi provider.

    Args:
        inventory: what exists.
        latencies: how long calls take; none by default.
        faults: what goes wrong; nothing by default.
        control_plane: a real Kubernetes API server that answers for emulated clusters, if one runs.
        warn: told the URN and the text of every warning, such as a throttled call; logs it by default, and tells the
            engine once that says where it listens.
    """

    def __init__(
        self,
        inventory: Inventory,
        latencies: Latencies | None = None,
        faults: Faults | None = None,
        control_plane: ControlPlane | None = None,
        warn: Callable[[str, str], None] | None = None,
    ) -> None:
        self.inventory = inventory
        self.control_plane = control_plane
        self.interference = Interference(
            latencies if latencies is not None else Latencies(),
            faults if faults is not None else Faults(),
            lambda code, reason: AwsError("calling AWS", code, reason),
            self._say_warning,
        )
        self.warn = warn if warn is not None else _log_warning
        self.caller = Caller()
        self.waits = Waits()

    def _say_warning(self, urn: str, text: str) -> None:
        self.warn(urn, text)

    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        """Take region, role, default tags and allowed accounts from the provider's configuration."""
        self.caller = caller_from(plain_map(request.args))
        return sdk.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def diff_config(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """Another region replaces a provider and with it what it made; anything else does not."""
        return difference(plain_map(request.old_state), plain_map(request.new_inputs), ["region"], [])

    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        """Check inputs against the SDK's types and give the resource a physical name."""
        type_token = type_of(request.urn)
        try:
            schema = schema_of(type_token)
        except UnknownTypeError as error:
            return sdk.CheckResponse(inputs=request.new_inputs, failures=[sdk.CheckFailure("", str(error))])
        given = {key: value for key, value in plain_map(request.new_inputs).items() if value is not None}
        failures = [sdk.CheckFailure(path, reason) for path, reason in check_inputs(schema, given)]
        try:
            named = with_name(schema, request.name, given, revealed(plain_map(request.old_inputs)), request.random_seed)
        except NameTooLongError as error:
            named, failures = given, [*failures, sdk.CheckFailure(error.property, str(error))]
        return sdk.CheckResponse(inputs=property_map(named), failures=failures)

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """Compare the inputs a resource was made from with those wanted now."""
        state = plain_map(request.old_state)
        old_inputs = state.get(INPUTS_KEY, state)
        type_token, new_inputs = type_of(request.urn), plain_map(request.new_inputs)
        response = difference(old_inputs, new_inputs, replacing_properties(type_token), request.ignore_changes)
        fixed = is_fixed(schema_of(type_token), request.name, revealed(new_inputs))
        same_name = not {"name", "bucket", "identifier", "nodeGroupName"} & set(response.replaces)
        collides = must_go_first(type_token) or (fixed and same_name)
        # As the bridge to Terraform decides: where a name was given and stays, the old one has to go first.
        response.delete_before_replace = bool(response.replaces) and collides
        return response

    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        """Make a resource, or on a preview say what is known of it.

        Raises:
            AwsError: a rule refuses it.
        """
        type_token, inputs = type_of(request.urn), plain_map(request.properties)
        schema = schema_of(type_token)
        if request.preview:
            return sdk.CreateResponse(properties=property_map(preview_outputs(schema, inputs)))
        self.caller.authorise(self.inventory)
        fault = await self.interference.before("create", type_token, request.urn)
        with self.inventory.transaction():
            record = self._make(schema, request.name, inputs)
        await self.interference.after("create", type_token, fault)
        state = {**record.outputs, INPUTS_KEY: inputs}
        if self._has_nodes(type_token):
            try:
                await until_joined(self.inventory, record, self.waits)
            except AwsError as error:
                raise PartialFailureError(record.id, state, [str(error)]) from error
        return sdk.CreateResponse(record.id, property_map(state))

    def _has_nodes(self, type_token: str) -> bool:
        """Whether instances come and go with a resource: those of a node group are nodes of a real control plane."""
        return type_token == NODE_GROUP_TYPE and self.control_plane is not None

    def _make(self, schema: Schema, logical_name: str, inputs: dict[str, Any]) -> Record:
        number = self.inventory.next_number()
        seed = Seed(f"{schema.type}|{number}")
        asked = revealed(inputs)
        region = str(asked.get("region") or self.caller.region)
        place = Place(region)
        named = {**asked, **name_from_prefix(schema, asked, number)}
        enforce(self._call("create", schema.type, logical_name, named, region))
        identity = adopted(self.inventory, schema.type, named) or identity_of(schema.type, named, seed, place)
        outputs = outputs_of(self._making(schema, named, identity, place, seed))
        naming = naming_of(schema)
        record = Record(
            provider="aws",
            type=schema.type,
            id=identity.id,
            arn=identity.arn,
            name=str(named.get(naming.property) if naming else named.get("name") or logical_name),
            scope=scope_of(schema.type, region, named),
            inputs=inputs,
            # What was given secret stays marked, so that the inventory keeps a digest of it.
            outputs={**marked(outputs, inputs), _NUMBER_KEY: number},
        )
        try:
            record = self.inventory.add(record)
        except AlreadyRecordedError as error:
            operation = f"creating {title(schema.type)} ({logical_name})"
            raise AwsError(operation, "AlreadyExists", f"{identity.id} exists already") from error
        after_create(self.inventory, record, self.caller)
        return record

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        """Return what exists, as the account has it now; an empty id where it is gone."""
        type_token = type_of(request.urn)
        fault = await self.interference.before("read", type_token, request.urn)
        record = self._find(type_token, request.resource_id, plain_map(request.properties))
        if record is None:
            return sdk.ReadResponse(resource_id="")
        await self.interference.after("read", type_token, fault)
        record = as_it_is_now(self.inventory, record)
        inputs = self.inventory.unseal(record.inputs, plain_map(request.inputs))
        outputs = self.inventory.unseal(record.outputs, plain_map(request.properties))
        return sdk.ReadResponse(record.id, property_map({**outputs, INPUTS_KEY: inputs}), property_map(inputs))

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        """Change a resource in place.

        Raises:
            AwsError: it is gone, or a rule refuses the change.
        """
        type_token, news = type_of(request.urn), plain_map(request.news)
        olds = plain_map(request.olds)
        if request.preview:
            return sdk.UpdateResponse(property_map({**merged_outputs(olds, news), INPUTS_KEY: news}))
        self.caller.authorise(self.inventory)
        fault = await self.interference.before("update", type_token, request.urn)
        with self.inventory.transaction():
            record = self._find(type_token, request.resource_id, olds)
            if record is None:
                raise AwsError(f"updating {title(type_token)} ({request.resource_id})", "NotFound", "it does not exist")
            record = self._change(record, olds.get(INPUTS_KEY, olds), news)
        await self.interference.after("update", type_token, fault)
        return sdk.UpdateResponse(property_map({**record.outputs, INPUTS_KEY: news}))

    def _change(self, record: Record, old_inputs: dict[str, Any], news: dict[str, Any]) -> Record:
        before, after = revealed(old_inputs), revealed(news)
        # As the real provider, send AWS only what changed: what somebody else altered meanwhile stays as it is.
        changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        now = as_it_is_now(self.inventory, record).inputs
        kept = self.inventory.unseal({key: value for key, value in now.items() if key not in changed}, news)
        asked = {**kept, **{key: value for key, value in news.items() if key in changed}}
        schema, region = schema_of(record.type), region_of(record) or self.caller.region
        naming = naming_of(schema)
        named = {**({naming.property: record.name} if naming else {}), **revealed(asked)}
        enforce(self._call("update", record.type, record.name, named, region, record))
        number = record.outputs.get(_NUMBER_KEY, 0)
        seed, identity = Seed(f"{record.type}|{number}"), Identity(record.id, record.arn)
        outputs = outputs_of(self._making(schema, named, identity, Place(region), seed))
        for name in schema.computed:
            if name != "tagsAll" and name in record.outputs:
                outputs[name] = record.outputs[name]
        if record.type == "aws:ec2/launchTemplate:LaunchTemplate":
            outputs["latestVersion"] = int(record.outputs["latestVersion"]) + 1  # every change is a new version
        record = replace(record, inputs=asked, outputs={**marked(outputs, asked), _NUMBER_KEY: number})
        self.inventory.update(record)
        after_update(self.inventory, record, changed)
        return record

    async def delete(self, request: sdk.DeleteRequest) -> None:
        """Delete a resource; one that is gone already counts as deleted.

        Raises:
            AwsError: a rule refuses it.
        """
        type_token = type_of(request.urn)
        self.caller.authorise(self.inventory)
        fault = await self.interference.before("delete", type_token, request.urn)
        with self.inventory.transaction():
            record = self._find(type_token, request.resource_id, plain_map(request.properties))
            if record is None:
                return
            self._enforce_delete(record)
            has_nodes = self._has_nodes(type_token)
            if has_nodes:
                begin_removal(self.inventory, record)
        if has_nodes:
            await until_left(self.inventory, record, self.waits)
        with self.inventory.transaction():
            before_delete(self.inventory, record)
            self.inventory.remove(record)
            after_delete(self.inventory, record)
        await self.interference.after("delete", type_token, fault)

    def _enforce_delete(self, record: Record) -> None:
        region = region_of(record) or self.caller.region
        enforce(self._call("delete", record.type, record.name, revealed(record.inputs), region, record))

    async def cancel(self) -> None:
        """End all waits, as Ctrl-C asks for."""
        self.waits.cancelled.set()

    async def invoke(self, request: sdk.InvokeRequest) -> sdk.InvokeResponse:
        """Answer a data source.

        Raises:
            AwsError: it finds nothing, or is not emulated.
        """
        self.caller.authorise(self.inventory)
        await self.interference.before("invoke", request.tok, "")
        result = call_function(request.tok, revealed(plain_map(request.args)), self.inventory, self.caller)
        return sdk.InvokeResponse(return_value=property_map(result))

    def _find(self, type_token: str, id_: str, state: Mapping[str, Any]) -> Record | None:
        # The state says where it was made; a resource being imported has none, and is looked for everywhere.
        region = revealed(state.get("region")) or self.caller.region
        found = self.inventory.get(type_token, id_, scope_of(type_token, str(region), revealed(dict(state))))
        return found if found is not None or state else self.inventory.get(type_token, id_)

    def _call(
        self,
        operation: str,
        type_token: str,
        name: str,
        inputs: Mapping[str, Any],
        region: str,
        record: Record | None = None,
    ) -> Call:
        return Call(operation, type_token, name, inputs, region, self.inventory, self.caller.principal, record)

    def _making(
        self, schema: Schema, inputs: Mapping[str, Any], identity: Identity, place: Place, seed: Seed
    ) -> Making:
        tags, plane = self.caller.default_tags, self.control_plane
        return Making(schema, inputs, identity, place, seed, self.inventory, tags, plane)


def _log_warning(urn: str, text: str) -> None:
    logging.getLogger("sandbox.aws").warning("%s: %s", urn, text)
