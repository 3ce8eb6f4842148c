"""The screen as a web page on loopback: the page, its events, its preview, and the actions of people at it."""
