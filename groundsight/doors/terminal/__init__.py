"""What a terminal shows beyond plain lines: pictures, answers as they come, a chat, completion."""
