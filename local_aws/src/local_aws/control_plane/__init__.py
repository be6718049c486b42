"""The AWS control plane on this machine: moto's server with a CloudFormation that deploys what this project needs.

`python -m local_aws.control_plane --port N` serves it. `cloudformation/` is the engine (templates, stacks, change
sets), `adapters/` maps each CloudFormation resource type to the emulated services' own APIs, `moto_patches/` corrects
moto's services.
"""
