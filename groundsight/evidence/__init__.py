"""What can be quoted: passages (a sentence, a cell with its row and column, a line of a picture) and tables."""
