"""The Lambda functions of the data plane's contract tests, as text and as a deployment package."""

import io
import zipfile

# A function that is run by AWS's own runtime client. What it does depends on the request's path.
BUFFERED_FUNCTION = """
import json, os, sys, time

def handler(event, context):
    action = (event.get("pathParameters") or {}).get("action", "")
    if action == "raise":
        raise ValueError("broken on purpose")
    if action == "exit":
        os._exit(3)
    if action == "sleep":
        time.sleep(2.5)
    if action == "malformed":
        return {"statusCode": 200, "surprise": True}
    if action == "headers":
        headers = {"Content-Type": "text/plain", "WWW-Authenticate": "Basic", "X-One": "1"}
        headers["Transfer-Encoding"] = "chunked"
        return {"statusCode": 418, "headers": headers, "multiValueHeaders": {"X-Many": ["a", "b"]}, "body": "teapot"}
    if action == "environment":
        try:
            import starlette
            found = True
        except ImportError:
            found = False
        import boto3
        account = boto3.client("sts").get_caller_identity()["Arn"]
        return {"statusCode": 200, "body": json.dumps({"env": dict(os.environ), "starlette": found, "arn": account,
            "arn_invoked": context.invoked_function_arn, "left": context.get_remaining_time_in_millis(),
            "cwd": os.getcwd()})}
    print("a line of the function's own")
    return {"statusCode": 200, "body": json.dumps({"event": event, "marker": MARKER, "pid": os.getpid()})}

MARKER = "first"
"""

AUTHORIZER_FUNCTION = """
import time

def answer(effect, event, **more):
    base = event["methodArn"].split("/")[0]
    statements = [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": base + "/*"}]
    if effect == "Deny":
        resource = event["methodArn"].replace("/GET/", "/*/")
        statements.append({"Action": "execute-api:*", "Effect": "Deny", "Resource": [resource]})
    if effect == "Elsewhere":
        statements[0]["Resource"] = base + "/live/GET/elsewhere"
    return {"principalId": "user", "policyDocument": {"Version": "2012-10-17", "Statement": statements}, **more}

def handler(event, context):
    if event["type"] == "TOKEN":
        token = event["authorizationToken"]
    else:
        token = (event["headers"] or {}).get("Authorization", "").removeprefix("Bearer ")
    if not token or token == "refuse":
        raise Exception("Unauthorized")
    if token == "crash":
        raise KeyError("anything else")
    if token == "nonsense":
        return {"principalId": "user"}
    if token in ("Deny", "Elsewhere"):
        return answer(token, event)
    key = token.removeprefix("key:") if token.startswith("key:") else None
    return answer("Allow", event, context={"time": str(time.time()), "number": 7}, usageIdentifierKey=key)
"""

# A loop around the Runtime API that streams: what AWS's runtimes for other languages do, as short as possible.
STREAMING_FUNCTION = '''
import base64, http.client, json, os, signal, socket, time

def chunk(data):
    return b"%x\\r\\n" % len(data) + data + b"\\r\\n"

def pieces(event):
    """Pairs of (seconds to wait before, bytes)."""
    action = event["pathParameters"]["action"]
    headers = {"Content-Type": "text/event-stream", "X-Own": "yes"}
    prelude = json.dumps({"statusCode": 201, "headers": headers, "cookies": ["a=1"]}).encode()
    start = prelude + bytes(8)
    if action == "split":
        yield 0, start[:-5]
        yield 0.05, start[-5:-1]
        yield 0.05, start[-1:] + b"after"
    elif action == "no-delimiter":
        yield 0, prelude
    elif action == "late-delimiter":
        yield 0, b" " * 20000 + start
    elif action == "not-json":
        yield 0, b"hello" + bytes(8)
    elif action == "empty":
        yield 0, b'{"statusCode": 204}' + bytes(8)
    elif action == "slow-start":
        time.sleep(3)
        yield 0, start
    elif action == "pause":
        yield 0, start + b"one"
        yield 3, b"two"
    elif action == "crash":
        yield 0, start + b"one"
        yield 0.1, b"two"
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "error":
        yield 0, start + b"one"
        raise ValueError("in the middle")
    elif action == "endless":
        yield 0, start
        for number in range(20):
            yield 0.1, b"%d" % number
    else:
        yield 0, start
        for number in range(5):
            yield 0.1, b"data: %d\\n\\n" % number

host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
api = http.client.HTTPConnection(host, int(port))
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.loads(answer.read())
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall((
            f"POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\\r\\nHost: {host}\\r\\n"
            "Lambda-Runtime-Function-Response-Mode: streaming\\r\\nTransfer-Encoding: chunked\\r\\n"
            "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\\r\\n\\r\\n").encode())
        trailers = b""
        try:
            for wait, data in pieces(event):
                time.sleep(wait)
                connection.sendall(chunk(data))
        except ValueError as error:
            body = base64.b64encode(json.dumps({"errorMessage": str(error), "errorType": "ValueError"}).encode())
            trailers = b"Lambda-Runtime-Function-Error-Type: ValueError\\r\\n"
            trailers += b"Lambda-Runtime-Function-Error-Body: " + body + b"\\r\\n"
        connection.sendall(b"0\\r\\n" + trailers + b"\\r\\n")
        connection.recv(65536)
'''

WRAPPER = """#!/bin/sh
# Gets the usual command (interpreter and bootstrap) and starts something else with the same interpreter.
exec "$1" "$LAMBDA_TASK_ROOT/streaming_loop.py"
"""


def make_zip(files: dict[str, str]) -> bytes:
    """Files without a suffix get the execute permission."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = (0o644 if "." in name else 0o755) << 16
            archive.writestr(member, text)
    return target.getvalue()


FUNCTION_ZIP = make_zip(
    {
        "buffered.py": BUFFERED_FUNCTION,
        "authorizer.py": AUTHORIZER_FUNCTION,
        "streaming_loop.py": STREAMING_FUNCTION,
        "broken.py": "import no_such_package\n",
        "wrapper": WRAPPER,
    }
)
