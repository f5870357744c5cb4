//! One page of text after another, where there is a person to turn them.

use super::host::Paging;
use super::shell::Shell;
use super::width;

/// What is asked at the end of a page.
const PROMPT: &str = "<SPACE> next page; <CR> next line; Q quit";

/// How much of the page is left.
pub(crate) struct Page {
    lines_left: usize,
}

impl Page {
    /// An empty page.
    pub(crate) fn new(shell: &mut Shell) -> Page {
        shell.host.measure();
        Page { lines_left: shell.host.height.saturating_sub(1) }
    }

    /// Shows a text page by page; whether more is wanted.
    pub(crate) fn show(&mut self, shell: &mut Shell, text: &str) -> bool {
        for line in text.split_inclusive('\n') {
            let columns = width::shown_width(line.trim_end_matches(['\n', '\r'])).max(1);
            let rows = columns.div_ceil(shell.host.width.max(1));
            if self.lines_left < rows && !self.turn(shell) {
                return false;
            }
            self.lines_left = self.lines_left.saturating_sub(rows);
            shell.write_host(line);
        }
        true
    }

    fn turn(&mut self, shell: &mut Shell) -> bool {
        let Some(mut turn) = shell.host.turn.take() else { return true };
        shell.host.show_bar(PROMPT);
        let paging = turn();
        shell.host.hide_bar();
        shell.host.turn = Some(turn);
        // People change the size of the window while they read.
        shell.host.measure();
        self.lines_left = match paging {
            Paging::Page => shell.host.height.saturating_sub(1),
            Paging::Line => 1,
            Paging::Quit => return false,
        };
        true
    }
}
