"""Small sourced tables of what gives a sensitive category away; each file says its version."""
