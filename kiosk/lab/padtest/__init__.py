"""How many attacks get through, and how many people are refused, per ISO/IEC 30107-3."""
