"""What people can do at the kiosk beside standing before it: object, answer, give a PIN, work as an officer."""
