"""A Falcon model on SageMaker: model, endpoint, scaling, updates, execution role, weights."""
