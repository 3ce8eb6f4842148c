"""What lies on the device's disk: encrypted databases, the device's secret, and the free space."""
