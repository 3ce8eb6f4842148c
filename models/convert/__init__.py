"""Turning published weights into TFLite files, without TensorFlow."""
