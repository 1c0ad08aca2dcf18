"""What a model may call: one gate, and one plain function a file whose signature is the whole contract."""
