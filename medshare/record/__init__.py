"""A record version: sealing, opening, its leaf and the tree that anchors it."""
