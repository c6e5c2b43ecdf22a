"""Use cases of imports: judge the rows of a list, take them over in bounded commits, take them back."""
