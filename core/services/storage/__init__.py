"""What takes room in a workspace, and making it smaller."""
