"""What leaves and enters the device: the wire contract, the ledger, and MQTT."""
