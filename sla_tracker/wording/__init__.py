"""Text shared by terminal, command line, reports and notifications, translated."""
