"""Google's own surface: what is read, refused, kept and answered, in the service's words."""
