use std::time::Duration;

use async_nats::ConnectOptions;
use async_nats::jetstream::context::{GetStreamErrorKind, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{Context, ContextBuilder, ErrorCode};
use taosha_core::{Error, Result};
use tracing::info;

use super::NatsConfig;
use super::messages::Message;

/// The stream that rows go to.
pub(super) struct Stream {
    config: NatsConfig,
    timeout: Duration,
    context: Option<Context>,
}

impl Stream {
    pub(super) fn new(config: NatsConfig) -> Result<Self> {
        let timeout = Duration::try_from_secs_f64(config.timeout_secs).ok();
        let timeout = timeout
            .filter(|timeout| !timeout.is_zero())
            .ok_or_else(|| {
                let message = "wait for the server: `timeout_secs` must be more than 0";
                Error::config("sink.option", message).for_option("timeout_secs")
            })?;
        Ok(Stream {
            config,
            timeout,
            context: None,
        })
    }

    /// Connects, and sees to it that there is a stream that takes the rows.
    pub(super) async fn open(&mut self) -> Result<()> {
        let url = self.config.url.reveal();
        let address: async_nats::ServerAddr = url.parse().map_err(|_| {
            let message = "understand `url`: write `nats://HOST:PORT`";
            Error::config("sink.url", message).for_option("url")
        })?;
        let host = format!("{}:{}", address.host(), address.port());
        // Fails when the program has chosen another provider, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = ConnectOptions::new()
            .name("taosha")
            .connection_timeout(self.timeout);
        let client = options.connect(address).await.map_err(|error| {
            use async_nats::ConnectErrorKind::{Authentication, AuthorizationViolation};
            let is_login = matches!(error.kind(), Authentication | AuthorizationViolation);
            match is_login {
                true => Error::config(
                    "sink.login",
                    format!("sign in at `{host}`; correct user, password or token in `url`"),
                ),
                false => Error::unavailable("sink.connect", format!("reach `{host}`")),
            }
            .because(error)
        })?;
        let context = ContextBuilder::new()
            .timeout(self.timeout)
            .ack_timeout(self.timeout)
            .max_ack_inflight(self.config.batch_rows)
            .build(client);
        self.check(&context).await?;
        self.context = Some(context);
        Ok(())
    }

    async fn check(&self, context: &Context) -> Result<()> {
        let (name, prefix) = (&self.config.stream, &self.config.prefix);
        let subjects = format!("{prefix}.>");
        let found = match context.get_stream(name).await {
            Ok(stream) => stream.cached_info().config.clone(),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(why)
                    if why.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    let config = Config {
                        name: name.clone(),
                        subjects: vec![subjects.clone()],
                        storage: StorageType::File,
                        duplicate_window: Duration::from_secs(self.config.duplicates_secs),
                        ..Config::default()
                    };
                    let made = context.create_stream(config).await.map_err(|error| {
                        let message = format!(
                            "make the stream `{name}` for `{subjects}`; see whether another stream has \
                             these subjects, or make it by hand"
                        );
                        Error::config("sink.stream", message).because(error)
                    })?;
                    made.cached_info().config.clone()
                }
                GetStreamErrorKind::JetStream(_) => {
                    let message = format!(
                        "look at the stream `{name}`; JetStream must be on (`nats-server -js`)"
                    );
                    return Err(Error::config("sink.stream", message).because(error));
                }
                _ => {
                    let message = format!(
                        "look at the stream `{name}`; is JetStream on (`nats-server -js`)?"
                    );
                    return Err(Error::unavailable("sink.connect", message).because(error));
                }
            },
        };
        if !found
            .subjects
            .iter()
            .any(|have| *have == subjects || have == ">")
        {
            let have = found.subjects.join("`, `");
            let message = format!(
                "publish to the stream `{name}`: it takes `{have}`; add `{subjects}`, or set `prefix`"
            );
            return Err(Error::config("sink.stream", message));
        }
        let duplicates_secs = found.duplicate_window.as_secs();
        info!(
            stream = name,
            duplicates_secs, "repeats are told apart for so long"
        );
        Ok(())
    }

    /// Publishes `messages`, and waits until the server has all of them.
    pub(super) async fn publish(&self, messages: &[Message]) -> Result<()> {
        let Some(context) = &self.context else {
            return Err(Error::defect(
                "sink.not_open",
                "publish rows to a stream that is not open",
            ));
        };
        let mut under_way = Vec::with_capacity(messages.len());
        for message in messages {
            let mut publish = PublishMessage::build()
                .payload(message.body.clone())
                .message_id(&message.id)
                .expected_stream(&self.config.stream);
            for (name, value) in &message.headers {
                publish = publish.header(*name, value.as_str());
            }
            let sent = context.send_publish(message.subject.clone(), publish).await;
            under_way.push(sent.map_err(|error| self.failed(message, error))?);
        }
        for (ack, message) in under_way.into_iter().zip(messages) {
            ack.await.map_err(|error| self.failed(message, error))?;
        }
        Ok(())
    }

    pub(super) fn close(&mut self) {
        self.context = None;
    }

    fn failed(
        &self,
        message: &Message,
        error: async_nats::jetstream::context::PublishError,
    ) -> Error {
        let (id, n_bytes) = (&message.id, message.body.len());
        match error.kind() {
            PublishErrorKind::MaxPayloadExceeded => {
                let message = format!(
                    "publish `{id}`: it has {n_bytes} bytes; raise `max_payload` of the server, or leave \
                     its table out with `tables`"
                );
                Error::config("sink.refused", message)
            }
            _ => Error::unavailable("sink.write", format!("publish `{id}`")),
        }
        .because(error)
    }
}
