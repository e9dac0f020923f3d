"""Results on disk: columns, files, folders, what they were made of, digests."""
