"""Forms, their answer lines and tick boxes."""
