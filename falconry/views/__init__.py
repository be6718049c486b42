"""How results are shown to a person. Each view prints what its command found out."""
