"""A Falcon on SageMaker: model, endpoint config, endpoint, its scaling and updates, its role and weights."""
