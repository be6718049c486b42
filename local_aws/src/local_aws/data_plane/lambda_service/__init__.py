"""Lambda: environments (child processes) around the Runtime API, a pool of them per function, and Invoke."""
