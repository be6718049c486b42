"""Cloud assemblies: what `cdk synth` wrote, read from its folder and understood.

Comes in: a folder such as cdk.out. Goes out: its stacks with their templates, what their values refer to, the endpoints
with their fleets, and what CloudFormation's resource schemas say. Whoever looks at templates uses it: the review, the
plan, the workflows' commands, the pictures, the tests.
"""
