//! TLS for all connections: rustls, with the system's certificates, verified as the system would.
//!
//! The certificates are read once for the program, since on Linux each reading parses all of them. New ones count from the next start.

use std::sync::{Arc, LazyLock};

use rustls::{ClientConfig, crypto::aws_lc_rs};
use rustls_platform_verifier::BuilderVerifierExt as _;

static CONFIG: LazyLock<Result<ClientConfig, rustls::Error>> = LazyLock::new(|| {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?;
    Ok(builder.with_platform_verifier()?.with_no_client_auth())
});

/// Cheap to clone: certificates and resumed sessions are shared.
pub(super) fn config() -> Result<&'static ClientConfig, &'static rustls::Error> {
    CONFIG.as_ref()
}
