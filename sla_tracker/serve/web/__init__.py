"""The web part of the service: pages, HTTP for programs, calendar feeds.

Its process speaks HTTP, knows who logged in, and runs neither plugin nor store. Each page is answered by a session of
the service (`answering`), to which this process alone may name the person.
"""
