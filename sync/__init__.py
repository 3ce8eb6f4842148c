"""The wire contract, the ledger of entries, and their delivery by MQTT or as files."""
