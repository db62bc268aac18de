"""A whole shipment in fast motion in the real window, for a person to watch."""
