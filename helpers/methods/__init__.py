"""The ways to an answer: plain baselines, prompts with examples, retrieval, tuning, and what joins them."""
