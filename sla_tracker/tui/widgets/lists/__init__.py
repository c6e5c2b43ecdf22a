"""Lists that draw only the lines on screen."""
