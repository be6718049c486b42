"""The server behind the endpoint: generation parameters in, tokens or an API error out.

`container` is the seam, in words of no product; `tgi` implements it, and nothing outside this package names a product.
`sagemaker` makes the call. Imported by every package that stands before it.
"""
