"""Face recognition on images: assets, detection, landmarks, quality, alignment, embedding, search and liveness."""
