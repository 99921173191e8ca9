use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use taosha_engine::{Diagnostic, PipelineText, Severity};

/// `diagnostics` as text: each with its place in the file, a caret under it and the cure.
pub(crate) fn render(diagnostics: &[Diagnostic], text: &PipelineText, coloured: bool) -> String {
    let renderer = if coloured {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let path = text.path.display().to_string();
    let rendered = diagnostics.iter().map(|diagnostic| {
        let report = [group(diagnostic, text, &path)];
        renderer.render(&report)
    });
    rendered.collect::<Vec<_>>().join("\n\n")
}

fn group<'a>(diagnostic: &'a Diagnostic, text: &'a PipelineText, path: &'a str) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()));
    if let Some(span) = &diagnostic.span {
        let set = text
            .overrides()
            .iter()
            .find(|set| set.whole.start <= span.start);
        let set = set.filter(|_| span.start >= text.file().len());
        let (source, path, offset) = match set {
            Some(_) => {
                let set = text
                    .overrides()
                    .iter()
                    .rfind(|set| set.whole.start <= span.start);
                let whole = set.map(|set| set.whole.clone()).unwrap_or_default();
                let start = whole.start;
                (text.text().get(whole).unwrap_or_default(), "--set", start)
            }
            None => (text.file(), path, 0),
        };
        let start = span.start.saturating_sub(offset).min(source.len());
        let end = span.end.saturating_sub(offset).clamp(start, source.len());
        let annotation = AnnotationKind::Primary.span(start..end);
        let annotation = annotation.label(diagnostic.label.as_deref());
        group = group.element(Snippet::source(source).path(path).annotation(annotation));
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_caret_stands_under_the_key_after_full_width_text() {
        let file = "name = \"年度报告\" # 说明\n汉字键 = 1\n";
        let text = PipelineText::new(Path::new("p.toml"), file.to_owned(), &[]).unwrap();
        let start = file.find("汉字键").unwrap();
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            message: "unknown table `汉字键`".to_owned(),
            span: Some(start..start + "汉字键".len()),
            label: Some("not known".to_owned()),
            help: Some("known here: name, run".to_owned()),
        };
        let rendered = render(&[diagnostic], &text, false);
        assert!(rendered.contains("p.toml:2:1"), "{rendered}");
        // Three characters of double width are underlined by six carets.
        assert!(rendered.contains("^^^^^^ not known"), "{rendered}");
    }

    #[test]
    fn a_wrong_override_is_shown_as_it_was_written() {
        let set = ["run.workers=none".to_owned()];
        let text = PipelineText::new(Path::new("p.toml"), "name = \"a\"\n".to_owned(), &set);
        let text = text.unwrap();
        let span = text.overrides()[0].value.clone();
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            message: "invalid value".to_owned(),
            span: Some(span),
            label: None,
            help: None,
        };
        let rendered = render(&[diagnostic], &text, false);
        assert!(rendered.contains("--set:1:13"), "{rendered}");
        assert!(rendered.contains("run.workers=none"), "{rendered}");
    }
}
