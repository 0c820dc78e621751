"""Variants of the greeter that each break one rule of the protocol, named by GREETER_BREAKS: `weft provider check` must
find each of them."""
import itertools
import json
import os
import time

import greeter
from google.protobuf import unknown_fields
from weft.provider.v1 import identity_pb2, render_pb2

BREAKS = os.environ["GREETER_BREAKS"]
calls = itertools.count()


class Identity(greeter.Identity):
    def Describe(self, request, context):
        answer = identity_pb2.DescribeResponse()
        answer.CopyFrom(self.answer)
        if BREAKS == "descriptor":
            answer.capabilities[0].ClearField("applies_to")
            answer.capabilities[0].type = "no type, but a sentence"
        if BREAKS == "schema":
            answer.capabilities[0].properties_schema = b'{"type": "object", "properties": 7}'
        return answer


class Trait(greeter.Trait):
    def Render(self, request, context):
        if BREAKS == "deadline":
            time.sleep(4)
        answer = super().Render(request, context)
        if not answer.parts:
            return answer
        part = answer.parts[0]
        if BREAKS == "purity":
            containers = json.loads(part.json)
            containers["containers"][0]["env"].append({"name": "CALL", "value": str(next(calls))})
            part.json = json.dumps(containers).encode()
        if BREAKS == "writes":
            part.pointer = ""
            part.json = json.dumps({"metadata": {"annotations": {"example.org/greeter": "was here"}}}).encode()
        if BREAKS == "limits":
            for i in range(600):
                answer.parts.add(operation=render_pb2.PART_OPERATION_MERGE, json=b"{}").object.CopyFrom(part.object)
                answer.parts[-1].object.name = f"greeting-{i}"
        if BREAKS == "unknown-fields" and len(unknown_fields.UnknownFieldSet(request)) > 0:
            context.abort(greeter.grpc.StatusCode.INVALID_ARGUMENT, "a field that I do not know")
        return answer


if __name__ == "__main__":
    greeter.serve(Identity, Trait)
