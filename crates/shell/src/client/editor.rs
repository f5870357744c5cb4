//! The line editor: its keys, its prompts, its menu, and when a text is finished.

use std::borrow::Cow;
use std::sync::Arc;

use reedline::{
    Color, ColumnarMenu, DefaultHinter, EditCommand, Emacs, KeyCode, KeyModifiers, Keybindings,
    MenuBuilder, Prompt, PromptEditMode, PromptHistorySearch, PromptHistorySearchStatus, Reedline,
    ReedlineEvent, ReedlineMenu, TraversalDirection, ValidationResult, Validator,
    default_emacs_keybindings,
};

use super::colours::Colours;
use super::complete::TableCompleter;
use super::history::Kept;
use super::known::Shared;
use super::scan::{Role, scan};
use crate::lang::ast::Source;
use crate::lang::parse::parse;
use crate::wire::Connection;

const MENU: &str = "completion";
/// What stands before the second line of a text, and those after it.
pub(super) const MORE: &str = ">> ";
/// Columns of the menu where the values are short and the screen is wide.
const MENU_COLUMNS: u16 = 8;

/// What stands before the line that is typed.
pub(super) struct Before(String);

impl Before {
    /// The prompt for a command.
    pub(super) fn command(prompt: &str) -> Before {
        Before(prompt.to_owned())
    }

    /// The prompt of a question.
    pub(super) fn question(prompt: &str) -> Before {
        Before(prompt.to_owned())
    }
}

impl Prompt for Before {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        self.0.as_str().into()
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        MORE.into()
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let failed = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "failed-",
        };
        format!("{failed}bck-i-search: {}_ ", search.term).into()
    }

    fn get_prompt_color(&self) -> Color {
        Color::Default
    }

    fn get_prompt_multiline_color(&self) -> Color {
        Color::Default
    }

    fn get_indicator_color(&self) -> Color {
        Color::Default
    }
}

/// A text is finished when it parses, or when more text would not help.
struct Finished;

impl Validator for Finished {
    fn validate(&self, line: &str) -> ValidationResult {
        if is_finished(line) { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

/// Whether a text can be run, or is wrong however it goes on.
pub(super) fn is_finished(text: &str) -> bool {
    if text.ends_with('`') && !text.ends_with("``") {
        let scan = scan(text);
        let is_comment = scan.words.last().is_some_and(|word| word.role == Role::Comment);
        if scan.open_quote.is_none() && !is_comment {
            return false;
        }
    }
    let source = Arc::new(Source { file: None, text: text.to_owned() });
    !matches!(parse(&source), Err(error) if error.incomplete)
}

/// The keys: those of Emacs, as in PowerShell on Linux, and Tab's menu.
pub(super) fn keys() -> Keybindings {
    let mut keys = default_emacs_keybindings();
    let next = ReedlineEvent::UntilFound(vec![
        ReedlineEvent::Menu(MENU.to_owned()),
        ReedlineEvent::MenuNext,
    ]);
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, next.clone());
    keys.add_binding(KeyModifiers::CONTROL, KeyCode::Char(' '), next);
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    let line = ReedlineEvent::Edit(vec![EditCommand::InsertNewline]);
    keys.add_binding(KeyModifiers::ALT, KeyCode::Enter, line.clone());
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::Enter, line);
    // There is no other editor to open.
    keys.remove_binding(KeyModifiers::CONTROL, KeyCode::Char('o'));
    keys
}

/// The editor for commands.
pub(super) fn editor(
    known: &Shared,
    node: Option<Connection>,
    history: Kept,
    colours: bool,
) -> Reedline {
    let menu = ColumnarMenu::default()
        .with_name(MENU)
        .with_marker("")
        .with_columns(MENU_COLUMNS)
        .with_column_padding(2)
        .with_traversal_direction(TraversalDirection::Vertical)
        .with_text_style(Color::Default.normal())
        .with_selected_text_style(Color::Default.reverse())
        .with_description_text_style(Color::DarkGray.normal())
        .with_match_text_style(Color::Default.bold())
        .with_selected_match_text_style(Color::Default.bold().reverse());
    let mut editor = Reedline::create()
        .with_completer(Box::new(TableCompleter::new(known.clone(), node)))
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
        .with_edit_mode(Box::new(Emacs::new(keys())))
        .with_validator(Box::new(Finished))
        .with_history(Box::new(history))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .with_ansi_colors(colours)
        .use_bracketed_paste(true);
    if colours {
        let hints = DefaultHinter::default().with_style(Color::DarkGray.normal());
        let colours = Colours::new(known.clone());
        editor = editor.with_hinter(Box::new(hints)).with_highlighter(Box::new(colours));
    }
    editor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_finished_when_more_would_not_help() {
        for (text, finished) in [
            ("", true),
            ("Get-CsSite", true),
            ("Get-CsSite |", false),
            ("if (1) {", false),
            ("if (1) {\n\n", false),
            ("'open", false),
            ("@'\n\n\n", false),
            ("@'\n\n\n'@", true),
            ("Get-CsSite `", false),
            ("Get-CsSite `\n", true),
            ("'a`'", true),
            ("# all `", true),
            ("}", true),
            ("\"a $(", false),
        ] {
            assert_eq!(is_finished(text), finished, "{text}");
        }
    }
}
