//! The issuer's signing key: made when the server starts, kept nowhere.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// The key could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The generator gave no key.
    #[error("no RSA key could be made")]
    Generate,
    /// The token library did not take the key, or did not sign with it.
    #[error("the RSA key could not be used")]
    Use(#[from] jsonwebtoken::errors::Error),
}

/// An RSA key of 2048 bits with its public half as a JWK.
pub(super) struct Keys {
    signing: EncodingKey,
    public: Jwk,
}

impl Keys {
    /// Makes a new key. Its id is the thumbprint, so that two servers never share one.
    pub(super) fn generate() -> Result<Self, KeyError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generate)?;
        let der = pair.as_der().map_err(|_| KeyError::Generate)?;
        // The token library takes PKCS#8 only in this armour.
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
        let signing = EncodingKey::from_rsa_pem(pem.as_bytes())?;
        let mut public = Jwk::from_encoding_key(&signing, Algorithm::RS256)?;
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        public.common.key_id = Some(public.thumbprint(ThumbprintHash::SHA256)?);
        Ok(Self { signing, public })
    }

    /// The public half, as `/.well-known/jwks.json` serves it.
    pub(super) fn jwks(&self) -> JwkSet {
        JwkSet { keys: vec![self.public.clone()] }
    }

    /// Signs claims. `[observed]`: id tokens are RS256.
    pub(super) fn sign(&self, claims: &Map<String, Value>) -> Result<String, KeyError> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid.clone_from(&self.public.common.key_id);
        Ok(jsonwebtoken::encode(&header, claims, &self.signing)?)
    }
}

/// Reads an id token as a relying party must: signature, issuer, audience, expiry.
pub(super) fn verify(token: &str, keys: &JwkSet, issuer: &str, client_id: &str) -> Result<Map<String, Value>, String> {
    let explain = |error: jsonwebtoken::errors::Error| error.to_string();
    let header = jsonwebtoken::decode_header(token).map_err(explain)?;
    let kid = header.kid.ok_or("the token does not say which key signed it")?;
    let jwk = keys.find(&kid).ok_or("the issuer has no key of the id that the token names")?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[client_id]);
    validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    validation.leeway = 0;
    let key = DecodingKey::from_jwk(jwk).map_err(explain)?;
    Ok(jsonwebtoken::decode(token, &key, &validation).map_err(explain)?.claims)
}

/// A value that nobody can guess: states, nonces, verifiers, session ids.
pub(super) fn unguessable() -> String {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the system's random source answers");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The S256 challenge of a PKCE verifier.
pub(super) fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(keys: &Keys, exp: u64) -> String {
        let claims = json!({"iss": "http://issuer/", "aud": "client", "sub": "ann", "exp": exp});
        keys.sign(claims.as_object().unwrap()).unwrap()
    }

    #[test]
    fn a_token_is_good_for_its_issuer_its_audience_and_its_time() {
        let (keys, stranger) = (Keys::generate().unwrap(), Keys::generate().unwrap());
        let good = token(&keys, u64::from(u32::MAX));
        assert_eq!(verify(&good, &keys.jwks(), "http://issuer/", "client").unwrap()["sub"], "ann");
        assert!(verify(&good, &keys.jwks(), "http://issuer", "client").is_err());
        assert!(verify(&good, &keys.jwks(), "http://issuer/", "another").is_err());
        assert!(verify(&good, &stranger.jwks(), "http://issuer/", "client").is_err());
        assert!(verify(&token(&keys, 1), &keys.jwks(), "http://issuer/", "client").is_err());
        let forged = format!("{good}A");
        assert!(verify(&forged, &keys.jwks(), "http://issuer/", "client").is_err());
    }

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B
        let challenge = s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
