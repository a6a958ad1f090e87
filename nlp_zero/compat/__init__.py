"""Interfaces of other programs on our tokenizer; import the module that you need."""
