use std::ops::Range;

/// Something about the pipeline file that a person should see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the file can be used as it stands.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, values in backticks.
    pub message: String,
    /// Bytes of [`PipelineText::text`](crate::PipelineText::text).
    pub span: Option<Range<usize>>,
    /// What to say right under the place.
    pub label: Option<String>,
    /// The cure.
    pub help: Option<String>,
}

/// Whether the file can be used as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It can, but it may not do what was meant.
    Warning,
    /// It cannot.
    Error,
}

impl Diagnostic {
    pub(crate) fn error(message: impl Into<String>, span: impl Into<Option<Range<usize>>>) -> Self {
        let (message, span) = (message.into(), span.into());
        Diagnostic {
            severity: Severity::Error,
            message,
            span,
            label: None,
            help: None,
        }
    }

    pub(crate) fn warning(
        message: impl Into<String>,
        span: impl Into<Option<Range<usize>>>,
    ) -> Self {
        Diagnostic {
            severity: Severity::Warning,
            ..Diagnostic::error(message, span)
        }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
