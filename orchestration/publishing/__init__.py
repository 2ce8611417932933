"""From the release database to what readers open: versions, the swap, the way back."""
