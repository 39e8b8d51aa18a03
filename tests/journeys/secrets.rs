//! Nothing secret lies about.
