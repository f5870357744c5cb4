//! `ConvertTo-Html`, `ConvertTo-Xml`, `Select-Xml`.

use super::{INPUT, input};
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter};
use crate::lang::pipe::{Outcome, Plain, Sink, Stage};
use crate::lang::property::{Property, own_names, properties};
use crate::lang::text::{shown_time, to_text};
use crate::lang::types::{list_of, type_of};
use crate::lang::{Object, Shell, Value};

pub(super) const CMDLETS: &[Cmdlet] = &[HTML, XML, SELECT];

const HTML: Cmdlet = Cmdlet {
    synopsis: "Writes objects as a table in HTML.",
    parameters: &[
        Parameter::positional("Property", Kind::Properties).help("Names or calculated properties."),
        INPUT,
        Parameter::named("Title", Kind::String).default("HTML TABLE").help("The page's title."),
        Parameter::named("Head", Kind::StringList).help("What the head has instead of a title."),
        Parameter::named("Body", Kind::StringList).help("What comes first in the body."),
        Parameter::named("PreContent", Kind::StringList).help("What comes before the table."),
        Parameter::named("PostContent", Kind::StringList).help("What comes after the table."),
        Parameter::named("As", Kind::String).values(&["Table", "List"]).help("The shape."),
        Parameter::switch("Fragment").help("Only the table."),
    ],
    examples: &[Example {
        text: "Only the table",
        input: "[pscustomobject]@{ A = 1 } | ConvertTo-Html -Fragment",
        output: "<table>\n*\n<tr><th>A</th></tr>\n<tr><td>1</td></tr>\n</table>",
    }],
    ..Cmdlet::client("ConvertTo-Html", || Box::new(Html::default()))
};

#[derive(Default)]
struct Html {
    properties: Vec<Property>,
    arguments: Arguments,
    has_begun: bool,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Time(ms) | Value::Told(_, ms) => shown_time(*ms),
        Value::List(_) | Value::Map(_) => type_of(value),
        other => to_text(other),
    }
}

impl Html {
    fn lines(&self, shell: &mut Shell, name: &str, out: &mut Sink<'_>) -> Outcome {
        for line in self.arguments.texts(name).unwrap_or_default() {
            out.emit(shell, Value::from(line))?;
        }
        Ok(())
    }

    fn start(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        self.has_begun = true;
        let mut say = |shell: &mut Shell, line: String| out.emit(shell, Value::from(line));
        if !self.arguments.flag("Fragment") {
            say(
                shell,
                "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\"  \
                 \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">"
                    .to_owned(),
            )?;
            say(shell, "<html xmlns=\"http://www.w3.org/1999/xhtml\">".to_owned())?;
            say(shell, "<head>".to_owned())?;
            let title = self.arguments.text("Title").unwrap_or("HTML TABLE");
            match self.arguments.texts("Head") {
                Some(lines) => say(shell, lines.join("\n"))?,
                None => say(shell, format!("<title>{}</title>", escaped(title)))?,
            }
            say(shell, "</head><body>".to_owned())?;
        }
        self.lines(shell, "Body", out)?;
        self.lines(shell, "PreContent", out)?;
        out.emit(shell, Value::from("<table>"))
    }
}

impl Stage for Html {
    fn begin(&mut self, _: &mut Shell, arguments: &Arguments) -> Outcome {
        self.properties = properties(arguments.value("Property"))?;
        self.arguments = arguments.clone();
        Ok(())
    }

    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
        let Some(item) = input(arguments).cloned() else { return Ok(()) };
        let is_first = !self.has_begun;
        if is_first {
            self.start(shell, out)?;
            if self.properties.is_empty() {
                let names = own_names(&item);
                self.properties = names.iter().map(|n| crate::lang::format::named(n)).collect();
            }
        }
        let mut cells = Vec::new();
        for property in &self.properties {
            cells.extend(shell.property_values(property, &item)?);
        }
        if arguments.text("As").is_some_and(|shape| shape.eq_ignore_ascii_case("List")) {
            if !is_first {
                out.emit(shell, Value::from("<tr><td><hr></td></tr>"))?;
            }
            for (name, value) in cells {
                let (name, value) = (escaped(&name), escaped(&shown(&value)));
                let line = format!("<tr><td>{name}:</td><td>{value}</td></tr>");
                out.emit(shell, Value::from(line))?;
            }
            return Ok(());
        }
        if is_first {
            let groups = "<col/>".repeat(cells.len());
            out.emit(shell, Value::from(format!("<colgroup>{groups}</colgroup>")))?;
            let heads = cells.iter().map(|(name, _)| format!("<th>{}</th>", escaped(name)));
            out.emit(shell, Value::from(format!("<tr>{}</tr>", heads.collect::<String>())))?;
        }
        let row = cells.iter().map(|(_, value)| format!("<td>{}</td>", escaped(&shown(value))));
        out.emit(shell, Value::from(format!("<tr>{}</tr>", row.collect::<String>())))
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        if !self.has_begun {
            self.start(shell, out)?;
        }
        out.emit(shell, Value::from("</table>"))?;
        self.lines(shell, "PostContent", out)?;
        match self.arguments.flag("Fragment") {
            true => Ok(()),
            false => out.emit(shell, Value::from("</body></html>")),
        }
    }
}

const XML: Cmdlet = Cmdlet {
    synopsis: "Writes objects as an XML document.",
    parameters: &[
        INPUT.at(0),
        Parameter::switch("NoTypeInformation").help("Without the types' names."),
        Parameter::named("As", Kind::String)
            .values(&["Document", "String", "Stream"])
            .help("A document, or its text."),
        Parameter::named("Depth", Kind::Int).help("Accepted: objects inside become text."),
    ],
    examples: &[Example {
        text: "As a text",
        input: "'a' | ConvertTo-Xml -NoTypeInformation -As String",
        output: "*<Objects><Object>a</Object></Objects>",
    }],
    ..Cmdlet::client("ConvertTo-Xml", || Box::new(ToXml::default()))
};

#[derive(Default)]
struct ToXml {
    text: String,
    arguments: Arguments,
}

impl Stage for ToXml {
    fn process(&mut self, shell: &mut Shell, arguments: &Arguments, _: &mut Sink<'_>) -> Outcome {
        self.arguments = arguments.clone();
        let Some(item) = input(arguments) else { return Ok(()) };
        let typed = |value: &Value| match arguments.flag("NoTypeInformation") {
            true => String::new(),
            false => format!(" Type=\"{}\"", escaped(&type_of(value))),
        };
        let names = match item {
            Value::Object(_) | Value::Map(_) => own_names(item),
            _ => Vec::new(),
        };
        self.text.push_str(&format!("<Object{}>", typed(item)));
        if names.is_empty() {
            self.text.push_str(&escaped(&to_text(item)));
        }
        for name in names {
            let value = shell.member_value(item, &name)?;
            let (kind, text) = (typed(&value), escaped(&to_text(&value)));
            let name = escaped(&name);
            self.text.push_str(&format!("<Property Name=\"{name}\"{kind}>{text}</Property>"));
        }
        self.text.push_str("</Object>");
        Ok(())
    }

    fn end(&mut self, shell: &mut Shell, out: &mut Sink<'_>) -> Outcome {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Objects>{}</Objects>",
            std::mem::take(&mut self.text)
        );
        match self.arguments.text("As").map(str::to_ascii_lowercase).as_deref() {
            Some("string" | "stream") => out.emit(shell, Value::from(text)),
            _ => {
                let document = crate::lang::xml::parse(&Value::from(text))?;
                out.emit(shell, document)
            }
        }
    }
}

const SELECT: Cmdlet = Cmdlet {
    synopsis: "Finds nodes in XML by an XPath.",
    parameters: &[
        Parameter::positional("XPath", Kind::String).mandatory().help("The path."),
        Parameter::named("Xml", Kind::Any).from_pipeline().help("A document or node."),
        Parameter::named("Path", Kind::StringList).at(1).help("Files."),
        Parameter::named("Content", Kind::StringList).help("Texts."),
        Parameter::named("Namespace", Kind::Map)
            .help("What prefixes mean: @{ prefix = 'address' }."),
    ],
    examples: &[Example {
        text: "The names of nodes",
        input: "Select-Xml -Content '<a><b/></a>' -XPath '//b' | ForEach-Object { $_.Node.Name }",
        output: "b",
    }],
    ..Cmdlet::client("Select-Xml", || Box::new(Plain(select)))
};

fn select(shell: &mut Shell, arguments: &Arguments, out: &mut Sink<'_>) -> Outcome {
    let mut sources: Vec<(String, Value)> = Vec::new();
    for path in arguments.texts("Path").unwrap_or_default() {
        let text = shell.read_file(&path, false)?;
        sources.push((path, crate::lang::xml::parse(&text)?));
    }
    for text in arguments.texts("Content").unwrap_or_default() {
        sources.push(("InputStream".to_owned(), crate::lang::xml::parse(&Value::from(text))?));
    }
    if let Some(xml) = arguments.value("Xml") {
        sources.push(("InputStream".to_owned(), xml.clone()));
    }
    let wanted = Value::from(arguments.text("XPath").unwrap_or_default());
    let mut asked = vec![wanted.clone()];
    if let Some(Value::Map(map)) = arguments.value("Namespace") {
        let spaces = Object::new("System.Xml.XmlNamespaceManager");
        for (prefix, address) in map.entries() {
            spaces.set(&to_text(&prefix), address);
        }
        asked.push(Value::Object(spaces));
    }
    for (path, source) in sources {
        let found = shell.method(&source, "SelectNodes", &asked)?;
        for node in list_of(&found).items() {
            let object = Object::new("Microsoft.PowerShell.Commands.SelectXmlInfo")
                .with("Node", node.clone())
                .with("Path", path.as_str())
                .with("Pattern", wanted.clone());
            out.emit(shell, Value::Object(object))?;
        }
    }
    Ok(())
}
