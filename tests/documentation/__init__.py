"""Whether what the documentation says can be done, and what it quotes is there."""
