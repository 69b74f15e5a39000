"""Where bodies lie, by CID: on disk, in Kubo, or in memory."""
