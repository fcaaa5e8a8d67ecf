//! TLS from PEM files.

use std::sync::Arc;

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::{HubError, TlsFiles};

/// Reads certificate and key.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, HubError> {
    let certificate_error = |reason: String| HubError::Tls { path: files.certificate.clone(), reason };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| certificate_error(format!("{error}; it must hold a certificate in PEM form")))?;
    if chain.is_empty() {
        return Err(certificate_error("it holds no certificate in PEM form".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| HubError::Tls {
        path: files.key.clone(),
        reason: format!("{error}; it must hold a private key in PEM form"),
    })?;
    // The provider is named here, since the process may hold more than one.
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| certificate_error(error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
