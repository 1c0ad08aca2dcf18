"""How pieces of text lie on a page: reading order, paragraphs, and tables; the same for PDFs and for pictures."""
