"""The company of the demo, and its vendors on loopback."""
