"""Single lines at the edges of a screen: titles, views, counts, keys, filter."""
