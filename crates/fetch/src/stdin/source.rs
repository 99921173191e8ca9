use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use taosha_core::{
    Bytes, Error, Guarantee, Known, Next, Origin, Position, Record, Result, Settings, Source,
    SourceType, async_trait,
};
use tokio::sync::mpsc;

use super::{StdinConfig, StdinFormat};
use crate::input::Input;
use crate::jsonl::JsonlFile;
use crate::page::{read_at_most, unpacked};
use crate::place::Place;
use crate::volume::{Entry, Volume, VolumeFile};
use crate::warc::WarcFile;

/// What the input is called.
const NAME: &str = "stdin";

/// Pages read ahead. The reading thread waits while they are not taken.
const AHEAD: usize = 4;

/// The pages that another program pipes in.
///
/// What was read cannot be read again, so a run that was stopped goes on only if it is fed the same
/// input once more: pages that are sealed are skipped then. Of another input nothing is skipped, and
/// what the stopped run had read and not sealed is gone.
pub struct Stdin {
    id: Arc<str>,
    config: StdinConfig,
    pages: Option<mpsc::Receiver<Result<Entry>>>,
}

impl SourceType for Stdin {
    const NAME: &'static str = "stdin";
    const ABOUT: &'static str = "pages from standard input: JSON Lines, a crawl, or one page";
    const GUARANTEE: Guarantee = Guarantee::AtLeastOnce;
    type Config = StdinConfig;

    fn build(config: StdinConfig, settings: &Settings) -> Result<Self> {
        JsonlFile::check(&config.jsonl())?;
        Ok(Stdin {
            id: settings.id.clone(),
            config,
            pages: None,
        })
    }
}

#[async_trait]
impl Source for Stdin {
    async fn open(&mut self, _: Option<&Position>, _: Arc<dyn Known>) -> Result<()> {
        self.read(std::io::stdin())
    }

    async fn next(&mut self) -> Result<Next> {
        let Some(pages) = &mut self.pages else {
            return Ok(Next::End);
        };
        match pages.recv().await {
            None => Ok(Next::End),
            Some(Ok(entry)) => {
                let position = entry.place.position(NAME);
                Ok(entry.into_next(position))
            }
            Some(Err(error)) => Ok(Next::Failed {
                origin: Origin::new(self.id.clone(), NAME, Bytes::new()),
                position: Place::default().position(NAME),
                error: error.context("read standard input"),
            }),
        }
    }

    async fn again(&mut self, _: &Position) -> Result<Option<Record>> {
        Ok(None)
    }
}

impl Stdin {
    /// Reads `input` on a thread of its own: it may wait for bytes that never come, and a run that ends
    /// does not wait for it.
    fn read(&mut self, input: impl Read + Send + 'static) -> Result<()> {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let file = VolumeFile {
            source: self.id.clone(),
            uri: NAME.to_owned(),
            path: PathBuf::from(NAME),
        };
        let config = self.config.clone();
        let work = move || match config.format {
            StdinFormat::Jsonl => {
                let config = Arc::new(config.jsonl());
                send(JsonlFile::of(file, config, Input::pipe(input)), &sender);
            }
            StdinFormat::Warc => {
                let config = Arc::new(config.warc());
                send(WarcFile::of(file, config, Input::pipe(input)), &sender);
            }
            StdinFormat::Page => {
                let max_bytes = config.max_bytes.0;
                let page = read_at_most(input, max_bytes);
                let page = page.and_then(|packed| unpacked(packed, max_bytes));
                let entry = page.map(|raw| Entry {
                    place: Place {
                        number: 1,
                        ..Place::default()
                    },
                    origin: Origin::new(file.source, NAME, raw),
                    error: None,
                });
                // The run has ended when nobody takes it.
                let _ = sender.blocking_send(entry);
            }
        };
        std::thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(work)
            .map_err(|error| Error::defect("fetch.worker", "start a thread").because(error))?;
        self.pages = Some(receiver);
        Ok(())
    }
}

/// Sends all entries, until nobody takes them any more.
fn send<V: Volume>(mut volume: V, sender: &mpsc::Sender<Result<Entry>>) {
    loop {
        let (entry, is_over) = match volume.next() {
            Ok(None) => return,
            Ok(Some(entry)) => (Ok(entry), false),
            Err(error) => (Err(error), true),
        };
        if sender.blocking_send(entry).is_err() || is_over {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    async fn read(options: &str, input: &[u8]) -> Vec<String> {
        let settings = Settings {
            id: "stdin".into(),
            base: PathBuf::new(),
            run: "test".into(),
            scratch: None,
        };
        let mut stdin = Stdin::build(toml::from_str(options).unwrap(), &settings).unwrap();
        stdin.read(Cursor::new(input.to_vec())).unwrap();
        let mut told = Vec::new();
        loop {
            told.push(match stdin.next().await.unwrap() {
                Next::End => return told,
                Next::Unchanged(_) => panic!("nothing is known"),
                Next::Record(record) => {
                    let page = String::from_utf8_lossy(record.raw()).into_owned();
                    format!("{} {page}", record.origin.uri)
                }
                Next::Failed { origin, error, .. } => format!("[{} {}]", origin.uri, error.code()),
            });
        }
    }

    #[tokio::test]
    async fn rows_are_pages() {
        let rows = "{\"text\":\"one\"}\nno json\n{\"text\":\"two\",\"url\":\"http://a/\"}";
        let expected = ["stdin#1 one", "[stdin#2 fetch.json]", "http://a/ two"];
        assert_eq!(read("", rows.as_bytes()).await, expected);
        let packed = zstd::encode_all(rows.as_bytes(), 1).unwrap();
        assert_eq!(read("format = 'jsonl'", &packed).await, expected);
        assert_eq!(
            read("text = 'url'\nuri = 'id'", rows.as_bytes())
                .await
                .len(),
            3
        );
    }

    #[tokio::test]
    async fn the_whole_input_is_a_page() {
        assert_eq!(
            read("format = 'page'", b"one\ntwo").await,
            ["stdin one\ntwo"]
        );
        let told = read("format = 'page'\nmax_bytes = 3", b"long").await;
        assert_eq!(told, ["[stdin fetch.too_large]"]);
    }

    #[tokio::test]
    async fn a_crawl_is_read_from_a_pipe() {
        let record = b"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: http://a/\r\n\
            Content-Type: text/plain\r\nContent-Length: 3\r\n\r\none\r\n\r\n";
        let crawl = [record, b"garbage\n".as_slice(), record].concat();
        let lost = format!("[stdin@{} fetch.warc]", record.len());
        let told = read("format = 'warc'", &crawl).await;
        assert_eq!(told, ["http://a/ one", lost.as_str(), "http://a/ one"]);
    }
}
