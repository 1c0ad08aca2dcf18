"""The shapes of a slide: where they lie, and which of their words a viewer sees."""
