"""Rosters of people as offices keep them, and what becomes of them."""
