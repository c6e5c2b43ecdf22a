"""Commands between departments, such as events, requests, complaints and surveys."""
