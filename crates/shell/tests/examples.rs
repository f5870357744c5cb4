//! Every example of every cmdlet is run, each against a fresh demo organisation.

mod fixture;

use fixture::Organisation;
use shell::cmdlet;
use shell::lang::text::is_like;

#[test]
fn every_example_shows_what_the_manual_says() {
    let mut failures = Vec::new();
    for cmdlet in cmdlet::all() {
        for example in cmdlet.examples {
            let said = Organisation::new(false).run(example.input);
            let missing = missing(&said.out, example.output);
            // An error that was silenced leaves an exit status, as in PowerShell.
            let has_failed = said.code != 0 && !said.err.is_empty();
            if has_failed || missing.is_some() {
                failures.push(format!(
                    "{}: {}\nexit status {}, not found: {:?}\n{}\n{}",
                    cmdlet.name, example.input, said.code, missing, said.out, said.err
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{} fail\n\n{}", failures.len(), failures.join("\n----\n"));
}

/// The first expected line that is not in the output, in order.
fn missing(output: &str, expected: &str) -> Option<String> {
    let tidy = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines = output.lines().map(tidy).filter(|line| !line.is_empty());
    if expected.is_empty() {
        return lines.next().map(|line| format!("(nothing, but there is {line})"));
    }
    expected.lines().find_map(|wanted| {
        // Blanks beside a star may be any number of blanks.
        let pattern = tidy(wanted).replace(" * ", "*").replace('[', "`[");
        let found = lines.by_ref().any(|line| is_like(&line, &pattern, true));
        (!found).then(|| wanted.to_owned())
    })
}
