"""SageMaker's runtime: a container (child process) per endpoint, and the two ways to invoke it."""
