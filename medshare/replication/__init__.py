"""Copies of bodies: how many there must be, who proves to have one, and what is done when one is lost."""
