"""What people see while they write a plugin or change one: drafts, what will open, what becomes different."""
