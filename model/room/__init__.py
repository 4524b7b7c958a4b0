"""A room: what phones send, what the speaker lets be seen of it, and what it says of the models."""
