"""How many attacks get through, and how many people are refused: presentation attack detection per ISO/IEC 30107-3."""
