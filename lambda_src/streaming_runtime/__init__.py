"""Response streaming for Python on AWS Lambda.

Lambda's own Python runtime sends a response in one piece. This one replaces it (`bootstrap`) on the same managed
image, and sends a response whose body is an iterator chunk by chunk. It knows nothing about the function that it runs,
and can be deleted once AWS's runtime streams.

Sources: the Runtime API as documented in the Lambda developer guide (custom runtimes), its streaming protocol as AWS's
runtimes for Node.js (src/ResponseStream.js) and Rust (lambda-runtime/src/requests.rs) speak it.
"""
