"""Copies a model's weights into the deployment's own bucket: in parts, in parallel, and resumed after any end.

All state is in S3: which objects are there, and which parts of those that are not. A copy lies below a prefix of its
own (`layout`), and only when it is whole and checked does the parameter name it that a deploy reads.
"""
