//! What the shell talks through: output, errors, and the person at the keyboard if there is one.

use std::io::Write;

use super::transcript::Transcript;
use super::width;

/// Asks the person a line; the text is not shown while typed if `secret`. None: no answer.
pub type Ask = Box<dyn FnMut(&str, bool) -> Option<String>>;

/// Measures the terminal: columns and lines.
pub type Measure = Box<dyn Fn() -> Option<(usize, usize)>>;

/// Waits for what the person wants at the end of a page.
pub type Turn = Box<dyn FnMut() -> Paging>;

/// Lets the person work with the shell until they leave.
pub type Nest = Box<dyn FnMut(&mut super::Shell)>;

/// What to do at the end of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// Show one more page.
    Page,
    /// Show one more line.
    Line,
    /// Show no more.
    Quit,
}

/// Output, errors, keyboard.
pub struct Host {
    /// Standard output.
    pub out: Box<dyn Write>,
    /// Standard error.
    pub err: Box<dyn Write>,
    /// Columns of a line; tables share them out.
    pub width: usize,
    /// Lines of the screen.
    pub height: usize,
    /// Whether a person sees the output. It is laid out for `width` either way.
    pub is_terminal: bool,
    /// Whether to colour errors and warnings.
    pub colours: bool,
    /// The keyboard, if there is one.
    pub ask: Option<Ask>,
    /// Standard input where nobody types: only what asks for a line by itself reads it.
    pub input: Option<Ask>,
    /// How large the terminal is now, if there is one.
    pub measure: Option<Measure>,
    /// The keyboard, for paging.
    pub turn: Option<Turn>,
    /// Whether the lower line may show progress: both streams are the person's terminal.
    pub has_bar: bool,
    /// Where a copy of everything shown goes (`Start-Transcript`).
    pub transcript: Option<Transcript>,
    /// What a person may do in between: a prompt inside the one that asks something.
    pub nest: Option<Nest>,
    /// How many prompts are around.
    pub nested: usize,
    /// With which status to end (`$Host.SetShouldExit`), once what runs has ended.
    pub exit: Option<i32>,
    /// The title a script gave the window.
    pub(super) title: Option<String>,
    /// How wide a script wants lines.
    pub(super) columns: Option<usize>,
    /// What the lower line shows.
    bar: Option<String>,
    /// In which column the output stands.
    column: usize,
    /// The line is empty, whatever the terminal shows by itself: it was just cleared or ended.
    is_fresh: bool,
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
            height: 24,
            is_terminal: false,
            colours: false,
            ask: None,
            input: None,
            measure: None,
            turn: None,
            has_bar: false,
            transcript: None,
            nest: None,
            nested: 0,
            exit: None,
            title: None,
            columns: None,
            bar: None,
            column: 0,
            is_fresh: false,
        }
    }

    /// Measures the terminal anew: people change its size.
    pub fn measure(&mut self) {
        if let Some((width, height)) = self.measure.as_ref().and_then(|measure| measure()) {
            (self.width, self.height) = (width, height);
        }
        if let Some(columns) = self.columns {
            self.width = columns;
        }
    }

    /// Writes to standard output. A reader that has gone away is no error of the script's.
    pub fn write(&mut self, text: &str) {
        self.hide_bar();
        let _ = self.out.write_all(text.as_bytes());
        if let Some(copy) = &mut self.transcript {
            let _ = copy.write_all(text.as_bytes());
        }
        self.is_fresh = false;
        if self.has_bar {
            let (before, line) = match text.rsplit_once('\n') {
                Some((_, line)) => (0, line),
                None => (self.column, text),
            };
            self.column = (before + width::shown_width(line)) % self.width.max(1);
        }
    }

    /// Writes a line to standard error.
    pub fn write_error_line(&mut self, text: &str, colour: Colour) {
        self.hide_bar();
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
        self.column = 0;
        self.is_fresh = false;
    }

    /// Shows a text in the line below the output, until something else is shown.
    pub fn show_bar(&mut self, text: &str) {
        if !self.has_bar || self.bar.as_deref() == Some(text) {
            return;
        }
        let _ = self.out.flush();
        let below = if self.bar.is_none() && self.column > 0 { "\n" } else { "" };
        let line = width::beginning(text, self.width.saturating_sub(1));
        let (start, end) = if self.colours { ("\x1b[36m", "\x1b[0m") } else { ("", "") };
        let _ = write!(self.err, "{below}\r{start}{line}{end}\x1b[K\r");
        let _ = self.err.flush();
        self.bar = Some(text.to_owned());
    }

    /// Takes away what `show_bar` showed.
    pub fn hide_bar(&mut self) {
        if self.bar.take().is_none() {
            return;
        }
        let _ = write!(self.err, "\r\x1b[K");
        if self.column > 0 {
            let _ = write!(self.err, "\x1b[1A\x1b[{}G", self.column + 1);
        }
        self.is_fresh = true;
        let _ = self.err.flush();
    }

    /// Goes to the beginning of a line, if it is not there: a prompt follows. What the terminal
    /// showed by itself (`^C`) counts as something in the line.
    pub fn start_line(&mut self, was_interrupted: bool) {
        self.hide_bar();
        if self.has_bar && (self.column > 0 || (was_interrupted && !self.is_fresh)) {
            let _ = self.out.write_all(b"\n");
        }
        (self.column, self.is_fresh) = (0, false);
        self.flush();
    }

    /// Makes sure that everything written is out.
    pub fn flush(&mut self) {
        let _ = self.out.flush();
        let _ = self.err.flush();
    }

    /// Asks the person a line.
    pub fn ask(&mut self, prompt: &str, secret: bool) -> Option<String> {
        self.hide_bar();
        self.measure();
        let (before, line) = broken(prompt, self.width);
        if self.has_bar && !before.is_empty() {
            self.write(before);
            self.write("\n");
        }
        let _ = self.out.flush();
        let line = if self.has_bar { line } else { prompt };
        let answer = self.ask.as_mut()?(line, secret);
        (self.column, self.is_fresh) = (0, true);
        if let (Some(copy), Some(answer)) = (&mut self.transcript, &answer) {
            let shown = if secret { "" } else { answer };
            let _ = writeln!(copy, "{prompt}{shown}");
        }
        answer
    }
}

/// A prompt that is wider than the screen, broken between two of its choices.
fn broken(prompt: &str, room: usize) -> (&str, &str) {
    if width::width(prompt) < room {
        return ("", prompt);
    }
    let fits = width::beginning(prompt, room.saturating_sub(1));
    match fits.rfind("  ") {
        Some(at) => (prompt.get(..at).unwrap_or(""), prompt.get(at + 2..).unwrap_or("")),
        None => ("", prompt),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// What a terminal got, both streams in their order.
    #[derive(Clone, Default)]
    struct Screen(Rc<RefCell<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_bar_leaves_nothing_behind() {
        let screen = Screen::default();
        let mut host = Host::new(Box::new(screen.clone()), Box::new(screen.clone()));
        host.has_bar = true;
        host.show_bar("one");
        host.write("out\n");
        host.write("pa");
        host.show_bar("two");
        host.show_bar("two");
        host.write("rt\n");
        let shown = String::from_utf8(screen.0.borrow().clone()).unwrap();
        assert_eq!(shown, "\rone\x1b[K\r\r\x1b[Kout\npa\n\rtwo\x1b[K\r\r\x1b[K\x1b[1A\x1b[3Grt\n");
    }

    #[test]
    fn long_prompts_break_between_choices() {
        for (room, expected) in [
            (80, ("", "[Y] Yes  [N] No  [?] Help: ")),
            (20, ("[Y] Yes  [N] No", "[?] Help: ")),
            (8, ("", "[Y] Yes  [N] No  [?] Help: ")),
        ] {
            assert_eq!(broken("[Y] Yes  [N] No  [?] Help: ", room), expected);
        }
    }

    #[test]
    fn no_bar_where_a_program_reads() {
        let screen = Screen::default();
        let mut host = Host::new(Box::new(screen.clone()), Box::new(screen.clone()));
        host.show_bar("one");
        host.write("x");
        host.start_line(true);
        assert_eq!(screen.0.borrow().as_slice(), b"x");
    }
}
