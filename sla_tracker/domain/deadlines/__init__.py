"""Due rules and the calculation of deadlines, with the steps that explain them."""
