"""What a method has to do: data sets, their prompts and their grading."""
