//! Scripts and what Windows PowerShell 5.1 is documented to print for them: the tables in
//! `language/*.txt`. A case is a prompt, the lines printed, and what goes to standard error:
//!
//! ```text
//! PS> 1 + 1; Write-Warning 'careful'
//! 2
//! !! WARNING: careful
//! ```
//!
//! `>>` goes on with a command, `PS[40]>` has a terminal 40 columns wide, `<<` is what the person
//! answers, `##` is a remark. Blanks at line ends and blank lines around do not count.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use shell::client::run_text;
use shell::lang::Shell;
use shell::lang::host::Host;
use shell::limits::EVALUATION_STACK_BYTES;

/// 2013-02-03 10:15:00 UTC, a Sunday.
const NOW_MS: i64 = 1_359_886_500_000;

/// One command with what belongs to it.
#[derive(Clone, Debug, Default)]
struct Case {
    line: usize,
    width: usize,
    script: String,
    answers: VecDeque<String>,
    out: Vec<String>,
    err: Vec<String>,
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    fn lines(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap();
        tidy(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
    }
}

/// Without blanks at line ends and blank lines around.
fn tidy(lines: Vec<String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.iter().map(|line| line.trim_end().to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let first = lines.iter().take_while(|line| line.is_empty()).count();
    lines.split_off(first)
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let prompt = line.strip_prefix("PS").and_then(|rest| {
            let (width, script) = rest.split_once("> ")?;
            let width = width.trim_matches(['[', ']']);
            let width = if width.is_empty() { 80 } else { width.parse().ok()? };
            Some((width, script))
        });
        if let Some((width, script)) = prompt {
            let script = script.to_owned();
            cases.push(Case { line: at + 1, width, script, ..Case::default() });
        } else if line.starts_with("##") {
            continue;
        } else if let Some(case) = cases.last_mut() {
            if let Some(more) = line.strip_prefix(">>") {
                case.script.push('\n');
                case.script.push_str(more.strip_prefix(' ').unwrap_or(more));
            } else if let Some(answer) = line.strip_prefix("<< ") {
                case.answers.push_back(answer.to_owned());
            } else if let Some(part) = line.strip_prefix("!! ") {
                case.err.push(part.to_owned());
            } else {
                case.out.push(line.to_owned());
            }
        }
    }
    cases
}

/// Runs a case; what is wrong with it, if anything is.
fn run(case: Case) -> Option<String> {
    let (out, err) = (Buffer::default(), Buffer::default());
    let mut host = Host::new(Box::new(out.clone()), Box::new(err.clone()));
    host.is_terminal = true;
    host.width = case.width;
    if !case.answers.is_empty() {
        let (mut answers, mut screen) = (case.answers.clone(), out.clone());
        host.ask = Some(Box::new(move |prompt, _| {
            let answer = answers.pop_front();
            writeln!(screen, "{prompt}{}", answer.as_deref().unwrap_or_default()).unwrap();
            answer
        }));
    }
    let mut shell = Shell::new(host, Arc::new(|| NOW_MS));
    let folder = tempfile::tempdir().unwrap();
    shell.location = folder.path().to_string_lossy().into_owned();
    run_text(&mut shell, None, &case.script, &[]);
    drop(shell);
    let (found, said) = (out.lines(), err.lines());
    let expected = tidy(case.out);
    // A screen breaks long lines at words, or where they end, with three blanks before the rest.
    let (mut words, mut whole) = (String::new(), String::new());
    for line in &said {
        let rest = line.strip_prefix("   ").filter(|rest| !rest.starts_with(' '));
        whole.push_str(&rest.map_or_else(|| format!("\n{line}"), str::to_owned));
        words.push_str(&format!(" {}", rest.unwrap_or(line)));
    }
    let is_said = |part: &String| words.contains(part) || whole.contains(part);
    let is_right = found == expected
        && case.err.iter().all(is_said)
        && (!case.err.is_empty() || said.is_empty());
    (!is_right).then(|| {
        format!(
            "line {}: {}\n--- expected\n{}\n{}\n--- found\n{}\n--- errors\n{}\n",
            case.line,
            case.script,
            expected.join("\n"),
            case.err.join("\n"),
            found.join("\n"),
            said.join("\n")
        )
    })
}

/// Runs every case of a table.
fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language").join(name);
    let cases = cases(&std::fs::read_to_string(path).unwrap());
    assert!(!cases.is_empty(), "{name} has no cases");
    check_cases(cases, name);
}

fn check_cases(cases: Vec<Case>, name: &str) {
    let work = move || cases.into_iter().filter_map(run).collect::<Vec<_>>();
    let thread = std::thread::Builder::new().stack_size(EVALUATION_STACK_BYTES);
    let failures = thread.spawn(work).unwrap().join().unwrap();
    assert!(failures.is_empty(), "{name}: {} fail\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn variables() {
    check("variables.txt");
}

#[test]
fn operators() {
    check("operators.txt");
}

#[test]
fn statements() {
    check("statements.txt");
}

#[test]
fn functions() {
    check("functions.txt");
}

#[test]
fn errors() {
    check("errors.txt");
}

#[test]
fn objects() {
    check("objects.txt");
}

#[test]
fn text_and_time() {
    check("text_and_time.txt");
}

#[test]
fn xml() {
    check("xml.txt");
}

#[test]
fn formatting() {
    check("formatting.txt");
}

#[test]
fn object_cmdlets() {
    check("object_cmdlets.txt");
}

#[test]
fn file_cmdlets() {
    check("file_cmdlets.txt");
}

#[test]
fn help() {
    check("help.txt");
}

/// The examples of the `about_` topics do what is written below them.
#[test]
fn topics() {
    let mut all = Vec::new();
    for topic in shell::help::TOPICS {
        let (_, examples) = topic.text.split_once("\nEXAMPLES\n").unwrap_or_default();
        let lines = examples.lines().map(|line| line.strip_prefix("    ").unwrap_or(line));
        let found = cases(&lines.collect::<Vec<_>>().join("\n"));
        assert!(!found.is_empty(), "{} has no example", topic.name);
        assert!(found.iter().all(|case| !case.out.is_empty()), "{}", topic.name);
        all.extend(found);
    }
    check_cases(all, "the topics");
}

#[test]
fn looks() {
    check("looks.txt");
}

#[test]
fn keyboard() {
    check("keyboard.txt");
}

#[test]
fn dotnet() {
    check("dotnet.txt");
}

#[test]
fn defaults_and_strictness() {
    check("defaults.txt");
}

#[test]
fn shared_scripts() {
    check("shared_scripts.txt");
}

/// `[S] Suspend` gives a prompt of its own; `exit` goes back to the question.
#[test]
fn a_question_is_suspended() {
    let work = || {
        let out = Buffer::default();
        let mut host = Host::new(Box::new(out.clone()), Box::new(Buffer::default()));
        let (mut answers, mut screen) = (VecDeque::from(["s", "y"]), out.clone());
        host.ask = Some(Box::new(move |prompt, _| {
            let answer = answers.pop_front().map(str::to_owned);
            writeln!(screen, "{prompt}{}", answer.as_deref().unwrap_or_default()).unwrap();
            answer
        }));
        host.nest = Some(Box::new(|shell| {
            for text in ["\"level $NestedPromptLevel\"; $seen = 1", "1 / 0", "exit"] {
                run_text(shell, None, text, &[]);
            }
        }));
        let mut shell = Shell::new(host, Arc::new(|| NOW_MS));
        let script = "function f { [CmdletBinding(SupportsShouldProcess)] param() if \
                      ($PSCmdlet.ShouldProcess('a', 'Erase')) { \"did it, $seen\" } }; f -Confirm; \
                      \"level $NestedPromptLevel\"";
        assert_eq!(run_text(&mut shell, None, script, &[]), 0);
        out.lines()
    };
    let thread = std::thread::Builder::new().stack_size(EVALUATION_STACK_BYTES);
    let shown = thread.spawn(work).unwrap().join().unwrap();
    let choices = "[Y] Yes  [A] Yes to All  [N] No  [L] No to All  [S] Suspend  [?] Help (default \
                   is \"Y\"): ";
    let expected = [
        "Confirm",
        "Are you sure you want to perform this action?",
        "Performing the operation \"Erase\" on target \"a\".",
        &format!("{choices}s"),
        "level 1",
        &format!("{choices}y"),
        "did it, 1",
        "level 0",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn refusals() {
    check("refusals.txt");
}

#[test]
fn textual() {
    check("textual.txt");
}

#[test]
fn cultures() {
    check("cultures.txt");
}

#[test]
fn numbers() {
    check("numbers.txt");
}

/// As of `powershell -File`, where `-Command` goes by the last statement.
#[test]
fn a_file_fails_by_exit_or_by_what_ends_it() {
    let status = |file: Option<&'static str>, script: &'static str| {
        let run = move || {
            let host = Host::new(Box::new(std::io::sink()), Box::new(std::io::sink()));
            let mut shell = Shell::new(host, Arc::new(|| NOW_MS));
            run_text(&mut shell, file.map(Into::into), script, &[])
        };
        let thread = std::thread::Builder::new().stack_size(EVALUATION_STACK_BYTES);
        thread.spawn(run).unwrap().join().unwrap()
    };
    for (script, file, text) in [
        ("Write-Error x", 0, 1),
        ("Get-Item /no/such/file", 0, 1),
        ("nosuch", 0, 1),
        ("Write-Error x; 1", 0, 0),
        ("exit 3", 3, 3),
        ("throw 'x'", 1, 1),
        ("Get-Item /no/such/file -ErrorAction Stop; exit 0", 1, 1),
        ("if (", 1, 1),
    ] {
        assert_eq!(
            (status(Some("/x.ps1"), script), status(None, script)),
            (file, text),
            "{script}"
        );
    }
}

/// Lines that nobody types; at their end the script ends.
#[test]
fn read_host_reads_standard_input() {
    let run = || {
        let out = Buffer::default();
        let mut host = Host::new(Box::new(out.clone()), Box::new(std::io::sink()));
        let mut lines = VecDeque::from(["hi".to_owned(), String::new()]);
        host.input = Some(Box::new(move |_, _| lines.pop_front()));
        let mut shell = Shell::new(host, Arc::new(|| NOW_MS));
        let script = "$a = Read-Host 'Name'; pause; \"got $a\"; Read-Host; 'not this'";
        let code = run_text(&mut shell, Some("/x.ps1".into()), script, &[]);
        drop(shell);
        (code, out.lines())
    };
    let thread = std::thread::Builder::new().stack_size(EVALUATION_STACK_BYTES);
    let (code, lines) = thread.spawn(run).unwrap().join().unwrap();
    assert_eq!((code, lines), (1, vec!["got hi".to_owned()]));
}
