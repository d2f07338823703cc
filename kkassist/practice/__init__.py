"""The practice city: a synthetic Københavns Kommune behind real loopback servers.

It shares no code with the connectors, so that a connector is never tested against itself.
"""
