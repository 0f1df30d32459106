"""The night run: collect, receive, post, build, send, prove, report."""
