"""The two gates: on raw, before anything is modelled; on the release, before it is published."""
