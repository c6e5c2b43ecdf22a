"""The processes of the service: the supervisor, its generations, and what happens in them besides sessions."""
