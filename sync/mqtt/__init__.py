"""MQTT: the connection to the broker, the uplink that sends entries and parcels, and a listener."""
