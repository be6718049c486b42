"""Copies of a model's weights in the deployment's own bucket: made in parts, in parallel, and resumed after any end.

All state is in S3: complete objects, and the parts of incomplete ones. Each copy has a prefix of its own (`layout`).
Only once it is complete and checked does it become the value of the parameter that a deploy reads.
"""
