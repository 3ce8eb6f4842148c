"""The contract as files for other servers: JSON Schema, AsyncAPI, an example."""
