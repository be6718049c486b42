"""A deployment: what its config creates and costs, what is deployed, and how the two differ.

In: a `Target` or its settings, and AWS's answers. Out: dataclasses; `falconry.views` prints them.
"""
