"""The playground: a chat page that the API serves itself, made into one document with everything in it.

`page/` holds what a browser runs: small modules and style sheets, without a framework and without a build tool.
`build` joins them.
"""

from playground.document import PageDocument, build
from playground.facts import Facts, PlaygroundModel
from playground.samples import samples

__all__ = ["Facts", "PageDocument", "PlaygroundModel", "build", "samples"]
