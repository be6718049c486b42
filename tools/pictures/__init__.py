"""Draws the pictures of docs/pictures from what they show: `make pictures`.

Nothing is drawn by hand. The architecture comes from the synthesized templates, the models' chart from the catalog, the
figures from docs/benchmarks.md. The same sources give the same bytes.
"""
