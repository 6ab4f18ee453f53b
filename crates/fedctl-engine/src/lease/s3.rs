//! A bucket as a store of leases: any that speaks S3 and keeps to `If-None-Match` and `If-Match` on a `PUT`.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{ClientOptions, HttpClient, HttpConnector};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutPayload, PutResult, RetryConfig, UpdateVersion};
use secrecy::{ExposeSecret, SecretString};

use super::store::{Objects, Put, Seen, StoreError, Tag};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most that is shown of what a store answers.
const SHOWN: usize = 300;

/// Where a bucket is, and who may write to it.
pub struct BucketOptions<'a> {
    /// Its name.
    pub bucket: &'a str,
    /// What every name in it begins with; may be empty.
    pub prefix: &'a str,
    /// Where the store answers; without, AWS in the region.
    pub endpoint: Option<&'a str>,
    /// Its region.
    pub region: &'a str,
    /// The id of the key.
    pub access_key_id: SecretString,
    /// Its secret.
    pub secret_access_key: SecretString,
    /// The token of a key for a while.
    pub session_token: Option<SecretString>,
}

/// A bucket.
pub struct Bucket {
    store: AmazonS3,
    prefix: Path,
}

impl Bucket {
    /// Prepares to ask it. Nothing is asked yet.
    ///
    /// # Errors
    /// An address or a name that cannot be, or no way to make connections.
    pub fn open(options: &BucketOptions<'_>) -> Result<Self, StoreError> {
        let is_plain = options.endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"));
        let retry = RetryConfig { max_retries: 2, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(options.bucket)
            .with_region(options.region)
            .with_access_key_id(options.access_key_id.expose_secret())
            .with_secret_access_key(options.secret_access_key.expose_secret())
            .with_allow_http(is_plain)
            .with_retry(retry)
            .with_http_connector(Connector { is_plain });
        if let Some(token) = &options.session_token {
            builder = builder.with_token(token.expose_secret());
        }
        if let Some(endpoint) = options.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let store = builder.build().map_err(failed)?;
        Ok(Self { store, prefix: Path::parse(options.prefix).map_err(|error| failed(error.into()))? })
    }

    fn at(&self, name: &str) -> Path {
        self.prefix.clone().join(name)
    }

    async fn put(&self, name: &str, body: Vec<u8>, mode: PutMode) -> Result<Put, StoreError> {
        match self.store.put_opts(&self.at(name), PutPayload::from(body), mode.into()).await {
            Ok(put) => tag(put).map(Put::Done),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotModified { .. }) => {
                Ok(Put::Refused)
            }
            Err(error) => Err(failed(error)),
        }
    }

    async fn get(&self, name: &str) -> Result<Option<Seen>, StoreError> {
        let found = match self.store.get(&self.at(name)).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let modified = u64::try_from(found.meta.last_modified.timestamp()).unwrap_or(0);
        let tag = found.meta.e_tag.clone().ok_or_else(without_tag)?;
        let body = found.bytes().await.map_err(failed)?.to_vec();
        Ok(Some(Seen { body, tag, modified }))
    }
}

impl Objects for Bucket {
    fn create<'a>(&'a self, name: &'a str, body: Vec<u8>) -> BoxFuture<'a, Result<Put, StoreError>> {
        Box::pin(self.put(name, body, PutMode::Create))
    }

    fn replace<'a>(&'a self, name: &'a str, body: Vec<u8>, tag: &'a str) -> BoxFuture<'a, Result<Put, StoreError>> {
        let version = UpdateVersion { e_tag: Some(tag.to_owned()), version: None };
        Box::pin(self.put(name, body, PutMode::Update(version)))
    }

    fn read<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Seen>, StoreError>> {
        Box::pin(self.get(name))
    }

    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.store.delete(&self.at(name)).await.map_err(failed) })
    }
}

fn tag(put: PutResult) -> Result<Tag, StoreError> {
    put.e_tag.ok_or_else(without_tag)
}

fn without_tag() -> StoreError {
    StoreError("it answers without an ETag, which tells one content from another".to_owned())
}

fn failed(error: Error) -> StoreError {
    let text = error.to_string();
    StoreError(text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect())
}

/// Makes connections as fedctl does everywhere: no proxy of the environment, no redirects, TLS but on this machine.
#[derive(Debug)]
struct Connector {
    is_plain: bool,
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .https_only(!self.is_plain)
            .timeout(PATIENCE)
            .build()
            .map_err(|error| Error::Generic { store: "S3", source: Box::new(error) })?;
        Ok(HttpClient::new(client))
    }
}

/// A bucket behind a pointer, as leases want it.
impl From<Bucket> for Arc<dyn Objects> {
    fn from(bucket: Bucket) -> Self {
        Arc::new(bucket)
    }
}
