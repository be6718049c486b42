"""Runs what is deployed in the emulated AWS: API Gateway, Lambda and SageMaker's runtime.

It learns what is deployed only from AWS's own APIs (boto3 against the control plane) and never reads the CDK app.
"""
