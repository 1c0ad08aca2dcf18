"""What the doors are made of: the MCP side of the tools, and what the command line prints."""
