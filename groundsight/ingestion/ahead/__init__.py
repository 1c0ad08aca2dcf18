"""Reading ahead: files are frozen and read on other threads while those before them are stored."""
