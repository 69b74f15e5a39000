"""How costs grow with what is there: measured at several sizes, judged, and drawn; see the README beside."""
