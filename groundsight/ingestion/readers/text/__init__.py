"""Files of text and markup."""
