use taosha_core::{Kind, Mark, Output, Port, Record, Result, Settings, SpanKind, Stage, StageType};

use crate::MaskContactsConfig;
use crate::contacts::find;

/// Marks telephone and identity numbers, so that they read as a mask.
pub struct MaskContacts {
    config: MaskContactsConfig,
}

impl StageType for MaskContacts {
    const NAME: &'static str = "mask-contacts";
    const ABOUT: &'static str = "telephone and identity numbers read as ***";
    const TAKES: Kind = Kind::Report;
    const GIVES: Kind = Kind::Report;
    const PORTS: &'static [Port] = &[Port {
        name: "directories",
        gives: Kind::Report,
    }];
    type Config = MaskContactsConfig;

    fn build(config: MaskContactsConfig, _: &Settings) -> Result<Self> {
        Ok(MaskContacts { config })
    }
}

impl Stage for MaskContacts {
    fn process(&self, mut record: Record, out: &mut Output) -> Result<()> {
        let report = record.report_mut()?;
        let contacts = find(report.reading().text());
        let marks: Vec<Mark> = contacts
            .iter()
            .map(|contact| {
                let span = report.reading().span(contact.range.clone(), SpanKind::Mask);
                Mark::replace(span, contact.rule, self.config.mask.clone())
            })
            .collect();
        report.mark(marks);
        if contacts.is_empty() {
            out.emit(record);
            return Ok(());
        }
        record.note("masked", serde_json::json!({ "contacts": contacts.len() }));
        if contacts.len() > self.config.directory_above {
            out.emit_to("directories", record);
        } else {
            out.emit(record);
        }
        Ok(())
    }
}
