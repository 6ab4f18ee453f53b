//! A certificate authority for one run.
//!
//! It is good for names of `jumpcloud.com` alone, so whoever trusts it trusts nobody for anything else. It signs one
//! certificate, and then its key is dropped: it was never anywhere but in memory.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// The one domain that it is good for.
const DOMAIN: &str = "jumpcloud.com";
/// How long certificates are good: longer than a sandbox is up, too short to be of use to whoever finds one.
const VALIDITY: Duration = Duration::from_secs(7 * 24 * 3600);
/// They are good from before now: clocks of containers differ.
const LEEWAY: Duration = Duration::from_secs(3600);

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A key or a certificate could not be made.
    #[error("a certificate could not be made")]
    Certificate(#[from] rcgen::Error),
    /// TLS does not take it.
    #[error("the certificate cannot be served")]
    Serve(#[from] rustls::Error),
}

/// An authority and its key.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
}

/// A new authority's certificate in PEM form, and a server that has a certificate of it for these names.
pub(super) fn certified(names: Vec<String>) -> Result<(String, Arc<ServerConfig>), AuthorityError> {
    let authority = Authority::new()?;
    let (certificate, key) = authority.issue(names)?;
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
    let mut server = builder.with_single_cert(vec![certificate], key)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((authority.certificate.pem(), Arc::new(server)))
}

impl Authority {
    fn new() -> Result<Self, rcgen::Error> {
        let mut params = params(Vec::new(), "fedctl sandbox: SIMULATED, not JumpCloud")?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName(DOMAIN.to_owned())],
            // What is said of one form of name holds for that form alone: addresses have to be ruled out as such.
            excluded_subtrees: vec![
                GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4])),
                GeneralSubtree::IpAddress(CidrSubnet::V6([0; 16], [0; 16])),
            ],
        });
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    fn issue(&self, names: Vec<String>) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
        let mut params = params(names, "SIMULATED")?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok((certificate.into(), PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
    }
}

fn params(names: Vec<String>, subject: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, subject);
    let now = SystemTime::now();
    params.not_before = (now - LEEWAY).into();
    params.not_after = (now + VALIDITY).into();
    Ok(params)
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::client::WebPkiServerVerifier;
    use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
    use tokio_rustls::rustls::pki_types::{ServerName, UnixTime};
    use tokio_rustls::rustls::{CertificateError, RootCertStore};

    use super::*;

    /// What somebody who trusts this authority alone says to a certificate that it signed for this name, so many days from
    /// now.
    fn verdict(name: &str, days: u64) -> Result<(), rustls::Error> {
        let authority = Authority::new().unwrap();
        let (certificate, _) = authority.issue(vec![name.to_owned()]).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.certificate.der().clone()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let when = SystemTime::now() + Duration::from_secs(days * 24 * 3600);
        let when = UnixTime::since_unix_epoch(when.duration_since(SystemTime::UNIX_EPOCH).unwrap());
        let server = ServerName::try_from(name.to_owned()).unwrap();
        verifier.verify_server_cert(&certificate, &[], &server, &[], when).map(|_| ())
    }

    #[test]
    fn no_name_outside_the_domain_is_believed() {
        for name in ["console.jumpcloud.com", "admin-oauth.id.eu.jumpcloud.com"] {
            assert_eq!(verdict(name, 0), Ok(()), "{name}");
        }
        for name in ["example.com", "notjumpcloud.com", "jumpcloud.com.example.com", "127.0.0.1", "::1", "localhost"] {
            let error = verdict(name, 0).expect_err(name);
            assert!(format!("{error:?}").contains("NameConstraintViolation"), "{name}: {error:?}");
        }
    }

    #[test]
    fn a_certificate_is_good_for_a_week() {
        assert_eq!(verdict("login.jumpcloud.com", 6), Ok(()));
        let late = verdict("login.jumpcloud.com", 8).unwrap_err();
        let expired = |error: &CertificateError| {
            matches!(error, CertificateError::Expired | CertificateError::ExpiredContext { .. })
        };
        assert!(matches!(&late, rustls::Error::InvalidCertificate(error) if expired(error)), "{late:?}");
    }
}
