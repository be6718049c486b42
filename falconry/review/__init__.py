"""What a pull request does to a deployment, computed without an account or the network.

In: two cloud assemblies (`falconry.assembly`). Each side is read once into a `Comparison`; every check (`api`,
`clients`, `data`, `endpoints`, `network`, `permissions`, `stacks`) turns it into findings; `report` gives the verdict.
Out: a comment (`markdown`) or JSON. Only `falconry.commands.review` imports this; `git_compare` is a command of its
own.
"""
