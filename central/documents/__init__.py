"""What the centre gives to kiosks: policies, and the ways in which documents reach them."""
