//! Fuzz targets as plain functions: each takes any bytes and panics only when a law is broken.
