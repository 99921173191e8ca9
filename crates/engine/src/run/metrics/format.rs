/// How metrics are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// OpenMetrics 1.0, which every Prometheus since 2018 asks for.
    OpenMetrics,
    /// Prometheus' text format 0.0.4, for everybody else.
    Text,
}

impl Dialect {
    /// The one that fits the header `Accept`.
    pub(super) fn of(accept: Option<&str>) -> Dialect {
        match accept {
            Some(accept) if accept.contains("application/openmetrics-text") => Dialect::OpenMetrics,
            _ => Dialect::Text,
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Dialect::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Dialect::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Turns OpenMetrics into text format 0.0.4: there a counter is described by the name of its
/// samples, what is `info` is a gauge, and units and the end of the file are not written.
pub(super) fn as_text(open_metrics: &str) -> String {
    let mut out = String::with_capacity(open_metrics.len());
    // HELP comes before TYPE, and its name depends on it.
    let mut help = None;
    for line in open_metrics.lines() {
        if let Some(described) = line.strip_prefix("# HELP ") {
            help = described.split_once(' ');
            continue;
        }
        if let Some(typed) = line.strip_prefix("# TYPE ") {
            let (name, kind) = typed.split_once(' ').unwrap_or((typed, "untyped"));
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                kind => ("", kind),
            };
            if let Some((_, help)) = help.take() {
                out.push_str(&format!("# HELP {name}{suffix} {help}\n"));
            }
            out.push_str(&format!("# TYPE {name}{suffix} {kind}\n"));
            continue;
        }
        if !line.starts_with('#') {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_is_answered_in_open_metrics_and_a_browser_in_text() {
        let prometheus =
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
        assert_eq!(Dialect::of(Some(prometheus)), Dialect::OpenMetrics);
        assert_eq!(Dialect::of(Some("text/html,*/*;q=0.8")), Dialect::Text);
        assert_eq!(Dialect::of(None), Dialect::Text);
    }

    #[test]
    fn the_older_format_names_counters_by_their_samples() {
        let open_metrics = "# HELP a_bytes Bytes.\n# TYPE a_bytes counter\n# UNIT a_bytes bytes\n\
                            a_bytes_total 1\n# HELP b Of b.\n# TYPE b info\nb_info{c=\"d\"} 1\n# EOF\n";
        let text = "# HELP a_bytes_total Bytes.\n# TYPE a_bytes_total counter\na_bytes_total 1\n\
                    # HELP b_info Of b.\n# TYPE b_info gauge\nb_info{c=\"d\"} 1\n";
        assert_eq!(as_text(open_metrics), text);
    }
}
