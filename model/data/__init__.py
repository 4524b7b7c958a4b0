"""Where pictures of digits come from: MNIST, downloaded or not, the built-in digits, own files."""
