"""The processes of the service: the supervisor, its generations, their chores.

Sessions stand elsewhere (`serve.sessions`).
"""
