"""The screen as a web page on loopback: the page, its events, its preview, and what people ask for with it."""
