"""MQTT: the connection to the broker, and what the uplink keeps account of while it lasts."""
