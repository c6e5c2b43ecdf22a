"""The full-screen terminal; the only package that imports textual."""
