"""Words about imports that all front ends share."""
