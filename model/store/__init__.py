"""What outlives the server's process: visits, in one database with versioned tables."""
