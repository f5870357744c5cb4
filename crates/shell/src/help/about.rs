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
}
