"""Use cases between departments, such as complaints, hand-overs and surveys."""
