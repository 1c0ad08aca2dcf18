"""The styles of a page as a browser applies them: selectors, rules, colours, and what they keep from a reader."""
