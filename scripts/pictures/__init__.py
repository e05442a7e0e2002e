"""What `scripts/screens` is made of: the scenes, and the drawing of a terminal's screen as SVG."""
