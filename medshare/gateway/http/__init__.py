"""The gateway over HTTP: one FastAPI application around a `Gateway`.

The rules stay in the gateway. Here stands who may ask for what: sessions by EIP-4361 (`sign_in`,
`sessions`), who sees what (`entitlement`), limits, problem details, health, metrics and logs.
`app.create_app` makes the application, `serve.serve` runs it. Forms and paths are in `medshare.gateway.wire`.
"""
