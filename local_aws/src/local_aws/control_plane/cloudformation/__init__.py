"""A CloudFormation engine that replaces moto's: real ordering, events, rollback, replacement and change sets."""
