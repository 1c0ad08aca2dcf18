"""What one sentence states: words, quantities, dates, names, identifiers, polarity and modality, read once."""
