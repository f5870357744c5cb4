//! What the shell talks through: output, errors, and the person at the keyboard if there is one.

use std::io::Write;

/// Asks the person a line; the text is not shown while typed if `secret`. None: no answer.
pub type Ask = Box<dyn FnMut(&str, bool) -> Option<String>>;

/// Output, errors, keyboard.
pub struct Host {
    /// Standard output.
    pub out: Box<dyn Write>,
    /// Standard error.
    pub err: Box<dyn Write>,
    /// Characters in a line; tables share them out.
    pub width: usize,
    /// Whether a person sees the output: then lines are cut and wrapped at `width`. Programs get
    /// everything.
    pub is_terminal: bool,
    /// Whether to colour errors and warnings.
    pub colours: bool,
    /// The keyboard, if there is one.
    pub ask: Option<Ask>,
    /// Where a copy of everything shown goes (`Start-Transcript`).
    pub transcript: Option<Box<dyn Write>>,
}

/// Colours of lines on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Errors.
    Red,
    /// Warnings and details.
    Yellow,
}

impl Host {
    /// A host that writes to two streams, without a person.
    pub fn new(out: Box<dyn Write>, err: Box<dyn Write>) -> Host {
        Host {
            out,
            err,
            width: 80,
            is_terminal: false,
            colours: false,
            ask: None,
            transcript: None,
        }
    }

    /// Writes to standard output. A reader that has gone away is no error of the script's.
    pub fn write(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
        if let Some(copy) = &mut self.transcript {
            let _ = copy.write_all(text.as_bytes());
        }
    }

    /// Writes a line to standard error.
    pub fn write_error_line(&mut self, text: &str, colour: Colour) {
        let _ = self.out.flush();
        if let Some(copy) = &mut self.transcript {
            let _ = writeln!(copy, "{text}");
        }
        let (start, end) = match (self.colours, colour) {
            (false, _) => ("", ""),
            (true, Colour::Red) => ("\x1b[31m", "\x1b[0m"),
            (true, Colour::Yellow) => ("\x1b[33m", "\x1b[0m"),
        };
        let _ = writeln!(self.err, "{start}{text}{end}");
        let _ = self.err.flush();
    }

    /// Makes sure that everything written is out.
    pub fn flush(&mut self) {
        let _ = self.out.flush();
        let _ = self.err.flush();
    }

    /// Asks the person a line.
    pub fn ask(&mut self, prompt: &str, secret: bool) -> Option<String> {
        let _ = self.out.flush();
        self.ask.as_mut()?(prompt, secret)
    }
}
