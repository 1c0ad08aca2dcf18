"""Rules that apply to every call: who may see what, what is redacted, what is written down."""
