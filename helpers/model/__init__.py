"""The language model: which there are, bringing one to memory, prompting, generating, scoring."""
