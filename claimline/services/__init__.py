"""What each command does, apart from how it is called and how its result looks."""
