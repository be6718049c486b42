"""The steps of the workflows in .github/workflows, as commands: `python -m falconry.delivery.deploy ...`.

They run the same on a runner, on a laptop and in the tests. What needs no package of ours (`comment`, `previous`) runs
with any Python 3.11+ and before anything is installed.
"""
