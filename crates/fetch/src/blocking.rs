use taosha_core::{Error, Result};

/// Runs `work` where waiting for the disk holds nobody up.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::defect("fetch.worker", "read files").because(error))
}
