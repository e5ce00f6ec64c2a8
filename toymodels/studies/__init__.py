"""What is asked of trained agents, in terms of arrays: a module for each question.

`powerseek.argue` runs them and tells what they found.
"""
