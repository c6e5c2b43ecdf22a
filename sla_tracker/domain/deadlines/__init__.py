"""Due rules, calculation of deadlines, and the steps that explain a deadline."""
