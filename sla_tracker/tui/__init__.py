"""The terminal; everything that draws lives here, and nothing else imports textual."""
