//! Tests that see only public surfaces.
