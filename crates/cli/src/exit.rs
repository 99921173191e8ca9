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
            Exit::StoppedAbove => 4,
            Exit::Held => 75,
            Exit::File => 78,
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
            Exit::StoppedAbove,
            Exit::Held,
            Exit::File,
        ];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 4, 75, 78]);
    }
}
