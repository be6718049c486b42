"""What makes the pages, figures and pictures."""
