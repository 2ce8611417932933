"""The release gate and the published version."""
