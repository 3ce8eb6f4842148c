"""Conversion of published weights to TFLite files, without TensorFlow."""
