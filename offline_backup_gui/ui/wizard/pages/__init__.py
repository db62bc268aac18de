"""The ten pages; each shows a draft and reads one, and knows no other page."""
