//! A plan as text for people and as JSON for programs.

use super::plan::{Finding, Plan, Step, What};
use crate::rehearsal::{Changed, Kind};

/// Narrowest text: below it nothing fits.
const WIDTH_MIN: usize = 60;
/// Changes of one step that are printed; the rest is counted.
const CHANGES_SHOWN: usize = 60;

/// The plan as JSON.
pub(super) fn json(plan: &Plan) -> String {
    serde_json::to_string_pretty(plan).unwrap_or_default()
}

/// The plan as text that fits a width.
pub(super) fn text(plan: &Plan, width: usize) -> String {
    let mut page = Page { text: String::new(), width: width.max(WIDTH_MIN) };
    page.line(0, 9, &format!("Runbook  {}", plan.script));
    page.line(0, 9, "Plan     nothing has been changed; the script was read, not run");
    for step in &plan.steps {
        page.step(step);
    }
    if plan.steps.is_empty() && plan.wrong.is_empty() {
        page.line(0, 0, "\nThe script has no step that changes anything.");
    }
    page.wrong("Wrong: nothing of it can be applied", &plan.wrong);
    page.wrong("Not found, and the script goes on without", &plan.remarks);
    page.wrong("Not reached this time, and would be wrong", &plan.unreached);
    page.outlook(plan);
    let acts: Vec<String> = plan.acts().map(act_text).collect();
    if !acts.is_empty() {
        page.line(0, 0, "\nCannot be taken back, only done again");
        let mut seen: Vec<&String> = Vec::new();
        for act in &acts {
            if !seen.contains(&act) {
                seen.push(act);
                page.line(2, 4, act);
            }
        }
    }
    page.line(0, 0, &format!("\n{}", summary(plan)));
    page.text
}

fn act_text(act: &Changed) -> String {
    format!("{}: {}", act.object, act.new.as_deref().unwrap_or_default())
}

/// How many steps come to what.
fn summary(plan: &Plan) -> String {
    let count = |what: What| plan.steps.iter().filter(|step| step.what == what).count();
    let parts = [
        (count(What::Changes), "to change something"),
        (count(What::Already), "so already"),
        (count(What::Unneeded), "unneeded here"),
        (count(What::Afterwards), "for afterwards"),
        (count(What::Fails), "refused"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let steps = match plan.steps.len() {
        1 => "1 step".to_owned(),
        many => format!("{many} steps"),
    };
    let wrong = match plan.wrong.len() {
        0 if plan.outlook.broken.iter().any(|broken| broken.is_new) => {
            "nothing is wrong but what would be broken".to_owned()
        }
        0 => "nothing is wrong".to_owned(),
        1 => "1 thing is wrong".to_owned(),
        many => format!("{many} things are wrong"),
    };
    let steps = if parts.is_empty() { steps } else { format!("{steps}: {}", parts.join(", ")) };
    format!("{steps}; {wrong}.")
}

struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// A paragraph: its first line at one indent, the others at another.
    fn line(&mut self, indent: usize, hanging: usize, text: &str) {
        for paragraph in text.split('\n') {
            self.paragraph(indent, hanging, paragraph);
        }
    }

    fn paragraph(&mut self, indent: usize, hanging: usize, text: &str) {
        let text = text.trim_end_matches('\r');
        let mut line = " ".repeat(indent);
        let mut length = indent;
        let mut is_empty = true;
        for word in text.split(' ') {
            let size = word.chars().count();
            let gap = usize::from(!is_empty);
            if !is_empty && length + gap + size > self.width {
                self.push(&line);
                line = " ".repeat(hanging);
                length = hanging;
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += size;
            is_empty = false;
        }
        self.push(&line);
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn step(&mut self, step: &Step) {
        let what = match step.what {
            What::Changes => "",
            What::Already => "is so already",
            What::Unneeded => "unneeded here",
            What::Afterwards => "not run while planning",
            What::Fails => "REFUSED",
        };
        let times = match step.times {
            1 => String::new(),
            times => format!(" ({times} times; the first)"),
        };
        let place = place(step.file.as_deref(), step.line, 0);
        self.line(0, 5, &format!("\n{:>3}  {place}{times}", step.number));
        self.line(5, 9, &step.command);
        if !what.is_empty() {
            self.line(7, 9, &format!("= {what}"));
        }
        for note in &step.notes {
            self.line(7, 9, &format!("! {note}"));
        }
        let mut shown = 0;
        let mut changes = step.changes.as_slice();
        while let Some((first, rest)) = changes.split_first() {
            let same = rest.iter().take_while(|other| other.object == first.object).count();
            let (own, others) = rest.split_at(same);
            if shown < CHANGES_SHOWN {
                self.object(first, own);
            }
            shown += 1;
            changes = others;
        }
        if shown > CHANGES_SHOWN {
            let more = shown - CHANGES_SHOWN;
            self.line(7, 9, &format!("… and {more} more (all of them with --json)"));
        }
    }

    /// The changes of one object.
    fn object(&mut self, first: &Changed, rest: &[Changed]) {
        if first.kind == Kind::Act {
            self.line(7, 9, &format!("> {}", act_text(first)));
            return;
        }
        match (first.property.is_empty(), &first.old, &first.new) {
            (true, None, new) => {
                let new = new.as_deref().filter(|new| *new != "new").unwrap_or_default();
                let new = if new.is_empty() { String::new() } else { format!(": {new}") };
                self.line(7, 9, &format!("+ {}{new}", first.object));
                let with = |changed: &Changed| {
                    format!("{}={}", changed.property, changed.new.as_deref().unwrap_or_default())
                };
                let with: Vec<String> = rest.iter().map(with).collect();
                if !with.is_empty() {
                    self.line(9, 9, &with.join(", "));
                }
            }
            (true, Some(old), None) => {
                let old = if old == "there" { String::new() } else { format!(": {old}") };
                self.line(7, 9, &format!("- {}{old}", first.object));
            }
            (true, Some(old), Some(new)) => {
                self.line(7, 9, &format!("~ {}: {old} -> {new}", first.object));
            }
            (false, ..) => {
                self.line(7, 9, &format!("~ {}", first.object));
                for changed in std::iter::once(first).chain(rest) {
                    let value = |value: &Option<String>| match value.as_deref() {
                        None => "(not there)".to_owned(),
                        Some("") => "(empty)".to_owned(),
                        Some(value) => value.to_owned(),
                    };
                    let (old, new) = (value(&changed.old), value(&changed.new));
                    self.line(9, 11, &format!("{}: {old} -> {new}", changed.property));
                }
            }
        }
    }

    fn wrong(&mut self, heading: &str, wrong: &[Finding]) {
        if wrong.is_empty() {
            return;
        }
        self.line(0, 0, &format!("\n{heading}"));
        for finding in wrong {
            let place = match finding.line {
                0 => String::new(),
                line => format!("{}: ", place(finding.file.as_deref(), line, finding.column)),
            };
            self.line(2, 4, &format!("{place}{}", finding.message));
            if let Some(advice) = &finding.advice {
                self.line(4, 4, advice);
            }
        }
    }

    fn outlook(&mut self, plan: &Plan) {
        if !plan.outlook.is_judged || plan.id.is_empty() {
            return;
        }
        if !plan.outlook.repaired.is_empty() {
            let links: Vec<String> =
                plan.outlook.repaired.iter().map(|link| link.to_string()).collect();
            self.line(0, 0, "\nInstant messaging in Outlook Web App: repaired by this");
            self.line(2, 4, &format!("links {}", links.join(", ")));
        }
        let (new, old): (Vec<_>, Vec<_>) =
            plan.outlook.broken.iter().partition(|broken| broken.is_new);
        for (heading, all) in [
            ("Instant messaging in Outlook Web App: BROKEN by this", new),
            ("Instant messaging in Outlook Web App: broken already, and still afterwards", old),
        ] {
            if all.is_empty() {
                continue;
            }
            self.line(0, 0, &format!("\n{heading}"));
            for broken in all {
                let whom = people(&broken.people, plan);
                let (link, name) = (broken.link, &broken.name);
                self.line(2, 4, &format!("link {link}, {name}{whom}: {}", broken.text));
                if !broken.repair.is_empty() {
                    self.line(4, 4, &format!("To repair it: {}", broken.repair));
                }
            }
        }
        if plan.outlook.broken.is_empty() {
            self.line(0, 0, "\nInstant messaging in Outlook Web App: all links would hold");
        }
    }
}

/// For whom it is, unless it is for everybody.
fn people(people: &[String], plan: &Plan) -> String {
    let most = plan.outlook.broken.iter().map(|broken| broken.people.len()).max().unwrap_or(0);
    match people {
        [] => String::new(),
        all if all.len() > 3 && all.len() == most => String::new(),
        [one, two, three, rest @ ..] if !rest.is_empty() => {
            format!(" ({one}, {two}, {three} and {} more)", rest.len())
        }
        few => format!(" ({})", few.join(", ")),
    }
}

fn place(file: Option<&str>, line: u32, column: u32) -> String {
    let file = file.map(|file| format!("{file}, ")).unwrap_or_default();
    match column {
        0 => format!("{file}line {line}"),
        column => format!("{file}line {line}, character {column}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::Broken;

    fn broken(link: u8, is_new: bool) -> Broken {
        Broken {
            link,
            name: "front-end virtual directory".to_owned(),
            text: "InstantMessagingEnabled is False.".to_owned(),
            repair: "Set-OwaVirtualDirectory -InstantMessagingEnabled $True".to_owned(),
            people: Vec::new(),
            is_new,
        }
    }

    fn plan(all: &[Broken]) -> Plan {
        let mut plan = Plan::of("off.ps1");
        plan.id = "1".to_owned();
        plan.outlook.is_judged = true;
        plan.outlook.broken = all.to_vec();
        plan
    }

    /// The last line never says that nothing is wrong where something would be broken.
    #[test]
    fn the_summary_tells_of_what_would_be_broken() {
        let by_this = text(&plan(&[broken(12, true)]), 80);
        assert!(by_this.contains("\nInstant messaging in Outlook Web App: BROKEN by this\n"));
        assert!(by_this.contains("    To repair it: Set-OwaVirtualDirectory "), "{by_this}");
        assert!(by_this.ends_with("; nothing is wrong but what would be broken.\n"), "{by_this}");
        let before = text(&plan(&[broken(12, false)]), 80);
        assert!(before.contains("broken already, and still afterwards"), "{before}");
        assert!(before.ends_with("; nothing is wrong.\n"), "{before}");
        let both = text(&plan(&[broken(9, true), broken(12, false)]), 80);
        let at = |part: &str| both.find(part).unwrap();
        assert!(at("BROKEN by this") < at("broken already"), "{both}");
        assert!(both.ends_with("nothing is wrong but what would be broken.\n"), "{both}");
        let none = text(&plan(&[]), 80);
        assert!(none.contains("all links would hold") && none.ends_with("nothing is wrong.\n"));
    }
}
