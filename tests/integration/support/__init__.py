"""What the integration tests stand on: a scripted upstream, a raw client, the gateway's process,
and the judge of what comes out."""

#: Longest wait for anything that must happen, on a loaded machine under a sanitizer. A test that
#: passes never waits as long.
PATIENCE = 30.0
