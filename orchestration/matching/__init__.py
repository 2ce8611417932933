"""People who share no address and no id, linked by how alike they are: Splink, off by default."""
