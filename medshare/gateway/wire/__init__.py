"""What passes a door over HTTP: one exact JSON form for each value, one path for each act, one problem for each error.

`fields` are the small forms (addresses, byte strings, numbers), `signed` that of every signed message,
`answers` and `letters` those of what a gateway gives and takes, `routes` the table of paths, `problems` the errors.
The gateway's HTTP server and the client both use it, so neither can drift from the other.

Byte strings that a message or the chain names (digests, leaves, signatures) are lower-case 0x hex. What is
sealed (capsules, envelopes, states, directories) is base64. Bodies travel as raw octets. Names are those of
the signed messages: camelCase. Unknown and missing names are refused.
"""
