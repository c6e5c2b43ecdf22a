"""Cards that show one duty, event or inbox entry in full."""
