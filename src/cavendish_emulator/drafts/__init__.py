"""The drawing: infographics set with Typst, everything else composed with Pillow."""
