"""Presentation attack test per ISO/IEC 30107-3: the share of attacks accepted and of people refused."""
