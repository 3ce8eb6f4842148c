"""The conformance test: simulated kiosks check any server of the contract."""
