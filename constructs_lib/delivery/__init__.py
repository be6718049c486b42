"""GitHub's access to the account: OpenID Connect provider, roles, permissions."""
