"""What a vehicle dealer's departments owe its finance department."""
