"""What components share: colours, small bars, signed maps, and how their text is put together."""
