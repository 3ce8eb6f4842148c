"""When and where: the clock and the receiver, how far they are to be believed, and who watches them."""
