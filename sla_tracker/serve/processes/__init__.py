"""The processes of the service: the supervisor, its generations, their chores.

Sessions are in `serve.sessions`.
"""
