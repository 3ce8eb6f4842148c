"""The centre's database: what is stored, missing, lost and refused."""
