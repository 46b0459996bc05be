"""A run or a comparison as one file that can be sent: HTML without any request, and JSON for programs."""
