"""What a pull request does to what runs: two cloud assemblies compared, without an account and without the network."""
