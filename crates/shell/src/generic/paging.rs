//! `Out-Host`, and `more` with it: one page after another if there is a person to turn them.

use super::{HELD_MAX, INPUT, input};
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::lang::format::{Display, Style};
use crate::lang::page::Page;
use crate::lang::pipe::{Outcome, Sink, Stage, Stop, Target as _};
use crate::lang::{Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[OUT_HOST, MORE];

const OUT_HOST: Cmdlet = Cmdlet {
    aliases: &["oh"],
    synopsis: "Shows objects at once.",
    parameters: &[
        INPUT,
        Parameter::switch("Paging").help(
            "One page at a time: space for the next page, Enter for the next line, Q to end.",
        ),
    ],
    examples: &[Example { text: "Show a text", input: "'hello' | Out-Host", output: "hello" }],
    ..Cmdlet::client("Out-Host", || Box::new(Shown::new(false)))
};

const MORE: Cmdlet = Cmdlet {
    synopsis: "Shows files or objects one page at a time.",
    description: "Space shows the next page, Enter the next line, Q ends it. Where nobody turns \
                  the pages, everything is shown.",
    parameters: &[
        INPUT,
        Parameter::positional("Path", Kind::StringList).help("Files to be shown."),
    ],
    examples: &[Example { text: "Read something long", input: "1..3 | more", output: "1\n2\n3" }],
    ..Cmdlet::client("more", || Box::new(Shown::new(true)))
};

struct Shown {
    items: Vec<Value>,
    page: Option<Page>,
    pages: bool,
}

impl Shown {
    fn new(pages: bool) -> Shown {
        Shown { items: Vec::new(), page: None, pages }
    }
}

impl Stage for Shown {
    fn begin(&mut self, shell: &mut Shell, arguments: &Arguments) -> Outcome {
        let pages = self.pages || arguments.flag("Paging");
        if pages && shell.host.turn.is_some() {
            self.page = Some(Page::new(shell));
        }
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        for path in arguments.texts("Path").unwrap_or_default() {
            let text = crate::lang::text::to_text(&shell.read_file(&path, false)?);
            self.items.extend(text.lines().map(Value::from));
        }
        self.items.extend(input(arguments).cloned());
        if self.items.len() >= HELD_MAX { self.show(shell) } else { Ok(()) }
    }

    fn end(&mut self, shell: &mut Shell, _: &mut Sink<'_>) -> Outcome {
        self.show(shell)
    }
}

impl Shown {
    /// Shows what is held; the next part goes below it.
    fn show(&mut self, shell: &mut Shell) -> Outcome {
        let items = std::mem::take(&mut self.items);
        let stage = shell.current_stage;
        let page = &mut self.page;
        let mut ended = false;
        // Part by part, so that the first page does not wait for the last.
        let mut write = |shell: &mut Shell, text: &str| match page {
            _ if ended => {}
            None => shell.write_host(text),
            Some(page) => ended = !page.show(shell, text),
        };
        let mut display = Display::new(Style::of(shell), &mut write);
        let mut result = Ok(());
        for item in items {
            result = display.take(shell, item);
            if result.is_err() {
                break;
            }
        }
        result.and_then(|()| display.finish(shell))?;
        match ended {
            true if shell.cancelled.load(std::sync::atomic::Ordering::Relaxed) => {
                Err(Stop::Cancelled)
            }
            true => Err(Stop::Satisfied(stage)),
            false => Ok(()),
        }
    }
}
