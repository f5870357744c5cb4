//! The `about_` topics of `Get-Help`.

/// A topic.
pub struct Topic {
    /// `about_…`
    pub name: &'static str,
    /// One sentence.
    pub synopsis: &'static str,
    /// The whole text.
    pub text: &'static str,
}

/// All topics.
pub const TOPICS: &[Topic] = &[
    Topic {
        name: "about_Tandem_Shell",
        synopsis: "What of PowerShell this shell speaks, and what it does not.",
        text: include_str!("about/about_Tandem_Shell.txt"),
    },
    Topic {
        name: "about_Variables",
        synopsis: "Variables, their scopes, and the automatic ones.",
        text: include_str!("about/about_Variables.txt"),
    },
    Topic {
        name: "about_Operators",
        synopsis: "Arithmetic, comparison, text and type operators.",
        text: include_str!("about/about_Operators.txt"),
    },
    Topic {
        name: "about_Functions",
        synopsis: "Functions, parameters and their attributes, help in comments.",
        text: include_str!("about/about_Functions.txt"),
    },
    Topic {
        name: "about_Try_Catch_Finally",
        synopsis: "Handling errors.",
        text: include_str!("about/about_Try_Catch_Finally.txt"),
    },
    Topic {
        name: "about_Trap",
        synopsis: "Handling the errors of a whole block.",
        text: include_str!("about/about_Trap.txt"),
    },
    Topic {
        name: "about_Pipelines",
        synopsis: "How objects go from command to command.",
        text: include_str!("about/about_Pipelines.txt"),
    },
    Topic {
        name: "about_Quoting_Rules",
        synopsis: "Text in single and double quotes, here-strings.",
        text: include_str!("about/about_Quoting_Rules.txt"),
    },
    Topic {
        name: "about_CommonParameters",
        synopsis: "The parameters every cmdlet has.",
        text: include_str!("about/about_CommonParameters.txt"),
    },
    Topic {
        name: "about_Redirection",
        synopsis: "Sending output, errors and messages elsewhere.",
        text: include_str!("about/about_Redirection.txt"),
    },
    Topic {
        name: "about_Comment_Based_Help",
        synopsis: "Help that functions and scripts bring along.",
        text: include_str!("about/about_Comment_Based_Help.txt"),
    },
    Topic {
        name: "about_If",
        synopsis: "Doing something only when a condition holds.",
        text: include_str!("about/about_If.txt"),
    },
    Topic {
        name: "about_Switch",
        synopsis: "Choosing among several cases.",
        text: include_str!("about/about_Switch.txt"),
    },
    Topic {
        name: "about_Foreach",
        synopsis: "Doing something with each item of a list.",
        text: include_str!("about/about_Foreach.txt"),
    },
    Topic { name: "about_For", synopsis: "Counting.", text: include_str!("about/about_For.txt") },
    Topic {
        name: "about_While",
        synopsis: "Doing something as long as a condition holds.",
        text: include_str!("about/about_While.txt"),
    },
    Topic {
        name: "about_Scopes",
        synopsis: "Where variables and functions are seen.",
        text: include_str!("about/about_Scopes.txt"),
    },
    Topic {
        name: "about_Arrays",
        synopsis: "Lists of values.",
        text: include_str!("about/about_Arrays.txt"),
    },
    Topic {
        name: "about_Hash_Tables",
        synopsis: "Values under names.",
        text: include_str!("about/about_Hash_Tables.txt"),
    },
    Topic {
        name: "about_Splatting",
        synopsis: "Giving a command its parameters from a variable.",
        text: include_str!("about/about_Splatting.txt"),
    },
    Topic {
        name: "about_Functions_Advanced_Parameters",
        synopsis: "What can be said of a parameter.",
        text: include_str!("about/about_Functions_Advanced_Parameters.txt"),
    },
    Topic {
        name: "about_Regular_Expressions",
        synopsis: "Patterns for text.",
        text: include_str!("about/about_Regular_Expressions.txt"),
    },
    Topic {
        name: "about_Scripts",
        synopsis: "Script files.",
        text: include_str!("about/about_Scripts.txt"),
    },
    Topic {
        name: "about_Comparison_Operators",
        synopsis: "Comparing values, and finding them in lists.",
        text: include_str!("about/about_Comparison_Operators.txt"),
    },
    Topic {
        name: "about_Assignment_Operators",
        synopsis: "Putting values into variables.",
        text: include_str!("about/about_Assignment_Operators.txt"),
    },
    Topic {
        name: "about_Preference_Variables",
        synopsis: "Variables that change how the shell behaves.",
        text: include_str!("about/about_Preference_Variables.txt"),
    },
    Topic {
        name: "about_Automatic_Variables",
        synopsis: "Variables that the shell sets itself.",
        text: include_str!("about/about_Automatic_Variables.txt"),
    },
];

/// The topic of a name, with or without `about_`.
pub fn topic(name: &str) -> Option<&'static Topic> {
    let lower = name.to_ascii_lowercase();
    let bare = lower.strip_prefix("about_").unwrap_or(&lower);
    TOPICS.iter().find(|topic| {
        topic.name.strip_prefix("about_").is_some_and(|own| own.eq_ignore_ascii_case(bare))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_have_a_text_that_fits() {
        for topic in TOPICS {
            assert!(topic.text.contains(topic.synopsis), "{}", topic.name);
            assert!(topic.text.lines().all(|line| line.chars().count() <= 100), "{}", topic.name);
        }
        assert!(super::topic("operators").is_some() && super::topic("about_nothing").is_none());
    }

    #[test]
    fn topics_are_broken_once() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for topic in TOPICS {
            for width in [80, 160] {
                let text = crate::help::reflowed(topic.text, width);
                assert_eq!(words(&text), words(topic.text), "{}", topic.name);
                let is_wide = |line: &&str| line.chars().count() >= width;
                assert_eq!(text.lines().find(is_wide), None, "{}", topic.name);
            }
        }
        let text = crate::help::reflowed(TOPICS[0].text, 80);
        assert!(
            text.contains("\n                  times, lists, hashtables, XML, cultures of"),
            "{text}"
        );
        let text = crate::help::reflowed(TOPICS[0].text, 160);
        assert!(
            text.contains("hashtables, XML, cultures of five countries, time zones), no"),
            "{text}"
        );
        assert!(text.contains("\n      Blocks  ") && text.contains("\n    Tandem\n"), "{text}");
    }
}
