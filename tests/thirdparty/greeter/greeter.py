#!/usr/bin/python3
"""A trait of a third party: `greeter` greets through an environment variable and a sidecar.

Needs nothing of Weft but its published protocol (proto/): see build.sh. A provider decides and touches no platform: Render
is a pure function from a request to parts of objects, which the core checks, merges and carries out.

    traits:
      - name: greeter
        properties: {greeting: Hello, image: "example/greeter:v1"}
"""
import json
import os
import signal
import ssl
import threading
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from weft.common.v1 import common_pb2
from weft.provider.v1 import identity_pb2, identity_pb2_grpc, render_pb2, trait_pb2_grpc

VERSION = "1.0.0"
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "additionalProperties": False,
    "required": ["greeting", "image"],
    "properties": {
        "greeting": {"type": "string", "description": "What is said."},
        "variable": {"type": "string", "default": "GREETING", "description": "The variable that says it."},
        "container": {"type": "string", "description": "Whose variable it is. Default: the first container."},
        "image": {"type": "string", "description": "Of the sidecar `greeter`, which says it too."},
    },
}


def describe(artifact):
    """What this provider serves and what it asks to be allowed."""
    add_to_pods = identity_pb2.Write(
        api_version="*", kind="*", pointer="+podTemplate", mode=identity_pb2.WRITE_MODE_ADD)
    return identity_pb2.DescribeResponse(
        name="greeter", version=VERSION, artifact=artifact, protocol_versions=["v1"],
        capabilities=[identity_pb2.Capability(
            kind=identity_pb2.CAPABILITY_KIND_TRAIT, type=os.environ.get("GREETER_TYPE", "greeter"), version="v1",
            summary="Greets through a variable and a sidecar", properties_schema=json.dumps(SCHEMA).encode(),
            writes=[add_to_pods], applies_to=["+podTemplate"], reads=[identity_pb2.READ_WORKLOAD])])


def primary(workload, name):
    """The identity of the object that the instance is named after, and the object itself."""
    ref = common_pb2.ObjectRef(api_version=workload.shape.api_version, kind=workload.shape.kind, name=name)
    for candidate in workload.objects:
        if (candidate.ref.kind, candidate.ref.name) == (ref.kind, ref.name):
            return ref, json.loads(candidate.json)
    return ref, {}


def at(value, pointer):
    """What stands at an RFC 6901 pointer without list elements, or {}."""
    for token in pointer.split("/")[1:]:
        value = value.get(token.replace("~1", "/").replace("~0", "~"), {})
    return value


def error(code, message, pointer, hint):
    return common_pb2.Diagnostic(
        severity=common_pb2.SEVERITY_ERROR, code=code, message=message, pointer=pointer, hint=hint)


def render(request):
    """The parts of one instance. Pure."""
    properties = json.loads(request.instance.properties)
    ref, found = primary(request.workload, request.instance.name)
    template = request.workload.shape.pod_template
    names = [c["name"] for c in at(found, template + "/spec").get("containers", [])]
    container = properties.get("container", names[0] if names else "")
    if container not in names:
        return render_pb2.RenderResponse(outcome=render_pb2.OUTCOME_READY, diagnostics=[error(
            "NO_SUCH_CONTAINER", f"the workload has no container '{container}'", "/container",
            "one of: " + ", ".join(names))])
    variable = {"name": properties.get("variable", "GREETING"), "value": properties["greeting"]}
    containers = [
        {"name": container, "env": [variable]},
        {"name": "greeter", "image": properties["image"], "env": [variable]},
    ]
    return render_pb2.RenderResponse(outcome=render_pb2.OUTCOME_READY, parts=[render_pb2.Part(
        object=ref, operation=render_pb2.PART_OPERATION_MERGE, pointer=template + "/spec",
        json=json.dumps({"containers": containers}).encode())])


class Identity(identity_pb2_grpc.IdentityServicer):
    def __init__(self, artifact):
        self.answer = describe(artifact)

    def Describe(self, request, context):
        return self.answer


class Trait(trait_pb2_grpc.TraitProviderServicer):
    def __init__(self, artifact):
        self.artifact = artifact

    def Render(self, request, context):
        answer = render(request)
        answer.artifact = self.artifact
        return answer


class OnlyTheCore(grpc.ServerInterceptor):
    """Refuses every caller whose certificate is not a core's: spiffe://DOMAIN/core/NAME."""

    def intercept_service(self, continuation, call):
        handler = continuation(call)
        if handler is None or handler.unary_unary is None:
            return handler

        def checked(request, context):
            names = context.auth_context().get("x509_subject_alternative_name", [])
            if not any(n.startswith(b"spiffe://") and n.split(b"/")[3:4] == [b"core"] for n in names):
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "only a core may call a provider")
            return handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(
            checked, handler.request_deserializer, handler.response_serializer)


def why_refused(folder):
    """Why nobody who trusts whom we trust would accept our certificate, or "". A client that refuses it only hangs up."""
    there = ssl.create_default_context(cafile=os.path.join(folder, "ca.crt"))
    there.check_hostname = False
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.load_cert_chain(os.path.join(folder, "tls.crt"), os.path.join(folder, "tls.key"))
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = there.wrap_bio(to_client, to_server)
    server = here.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLCertVerificationError as refused:
            return refused.verify_message
    return ""


def credentials(folder):
    """Mutual TLS from WEFT_TLS_DIR; the files are read again for new connections, so that they can be replaced."""
    said = ""

    def read():
        nonlocal said
        why = why_refused(folder)
        if why not in ("", said):
            print(f'service=greeter msg="no client will accept this service" tls={folder} error="{why}"', flush=True)
        said = why
        files = [open(os.path.join(folder, name), "rb").read() for name in ("tls.key", "tls.crt", "ca.crt")]
        return grpc.ssl_server_certificate_configuration([(files[0], files[1])], files[2])
    return grpc.dynamic_ssl_server_credentials(read(), read, require_client_authentication=True)


def serve(identity=Identity, trait=Trait):
    """The container contract: WEFT_LISTEN, WEFT_TLS_DIR, WEFT_ARTIFACT; drains on SIGTERM."""
    folder, listen = os.environ.get("WEFT_TLS_DIR"), os.environ.get("WEFT_LISTEN", "0.0.0.0:50051")
    artifact = os.environ.get("WEFT_ARTIFACT", "")
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), interceptors=[OnlyTheCore()] if folder else [])
    identity_pb2_grpc.add_IdentityServicer_to_server(identity(artifact), server)
    trait_pb2_grpc.add_TraitProviderServicer_to_server(trait(artifact), server)
    status = health.HealthServicer()
    status.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    if folder:
        server.add_secure_port(listen, credentials(folder))
    else:
        server.add_insecure_port(listen)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server.start()
    print(f"service=greeter msg=listening address={listen}", flush=True)
    stop.wait()
    status.enter_graceful_shutdown()
    server.stop(5).wait()


if __name__ == "__main__":
    serve()
