"""What a face is and whose: assets, detection, landmarks, alignment, embedding, search."""
