use std::process::ExitCode;

/// How the program ends; scripts and schedulers rely on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Ok,
    /// Something failed that is neither the file's fault nor the caller's.
    Failed,
    /// The command line is wrong.
    Usage,
    /// Everything read is sealed, but a sink could not be reached.
    Undelivered,
    /// More pages were dead than `stop_above` allows.
    StoppedAbove,
    /// Another run holds the state folder.
    Held,
    /// The pipeline file, or what it points at, is wrong.
    File,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Undelivered => 3,
            Exit::StoppedAbove => 4,
            Exit::Held => 75,
            Exit::File => 78,
        }
    }
}

impl Exit {
    /// How a child ended that ended with `code`.
    pub(crate) fn of_code(code: i32) -> Exit {
        match code {
            0 => Exit::Ok,
            2 => Exit::Usage,
            3 => Exit::Undelivered,
            4 => Exit::StoppedAbove,
            75 => Exit::Held,
            78 => Exit::File,
            _ => Exit::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_contract() {
        let all = [
            Exit::Ok,
            Exit::Failed,
            Exit::Usage,
            Exit::Undelivered,
            Exit::StoppedAbove,
            Exit::Held,
            Exit::File,
        ];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 4, 75, 78]);
        assert_eq!(all.map(|exit| Exit::of_code(exit.code().into())), all);
    }
}
