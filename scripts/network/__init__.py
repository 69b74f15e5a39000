"""A consortium on one machine: four institutions, each with its own Ethereum pair, Kubo node, database and gateway.

For tests and for trying things out. It stands outside the package, since nobody who uses MedShare needs it.
`__main__` has the commands; `consortium` puts the parts together; each other module runs one part.
"""
