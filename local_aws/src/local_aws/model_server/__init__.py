"""The contract of Hugging Face's text-generation-inference (TGI) over CTranslate2, for a local Falcon model.

`python -m local_aws.model_server --port N --model-dir D` answers what a SageMaker endpoint with a TGI container
answers: the same bodies, the same events, the same error sentences. What differs between the supported TGI versions is
data in `versions.py`.
"""
