"""What every command stands on: the home and its keys, the session, the page, the terminal, the form of JSON.

`command` is the decorator that makes a function a command. Nothing in this folder knows a noun.
Heavy parts of the package are imported inside functions: `medshare --help` must not load a chain.
"""
