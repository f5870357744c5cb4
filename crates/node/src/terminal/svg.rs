//! A sequence diagram as one SVG file that needs nothing else. A pointer that rests on an arrow
//! shows the whole message.

use std::fmt::Write as _;

use super::ladder::{Drawing, Kind, cut};

/// Pixels between two columns.
const GAP: usize = 330;
/// Pixels left of the first column.
const LEFT: usize = 250;
/// Pixels above the first arrow.
const TOP: usize = 86;
/// Pixels of an arrow.
const ROW: usize = 34;
/// Width of a character of the labels, about.
const CHARACTER: usize = 7;

const STYLE: &str = "\
text{font:12px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#222}\
.name{font-weight:bold;font-size:13px;text-anchor:middle}.what{fill:#666;text-anchor:middle}\
.time{fill:#666}.life{stroke:#bbb;stroke-dasharray:4 4}.label{text-anchor:middle}\
.arrow{stroke-width:1.5;fill:none}\
path.request{stroke:#1f4e9c}path.provisional{stroke:#8a6d00;stroke-dasharray:6 3}\
path.success{stroke:#1a7a3c}path.failure{stroke:#b3261e}\
text.success{fill:#1a7a3c}text.failure{fill:#b3261e}\
text.remark{text-anchor:start;font-style:italic}";

/// Prints a diagram.
pub(super) fn draw(drawing: &Drawing) -> String {
    let at = |column: usize| LEFT + column * GAP;
    let last = at(drawing.parties.len().saturating_sub(1));
    let remarks = drawing.arrows.iter().filter(|arrow| arrow.kind == Kind::Remark);
    let reach = remarks.map(|it| at(it.from) + 20 + it.label.chars().count() * CHARACTER);
    let width = reach.chain([last + LEFT / 2 + 40]).max().unwrap_or(LEFT);
    let height = TOP + drawing.arrows.len() * ROW + 30;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>SIP conversation</title>\n\
         <style>{STYLE}</style>\n<defs>\n"
    );
    for (name, colour) in [
        ("request", "#1f4e9c"),
        ("provisional", "#8a6d00"),
        ("success", "#1a7a3c"),
        ("failure", "#b3261e"),
    ] {
        let _ = writeln!(
            out,
            "<marker id=\"{name}\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
             markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"{colour}\"/>\
             </marker>"
        );
    }
    let _ = writeln!(out, "</defs>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>");
    for (column, [name, what]) in drawing.parties.iter().enumerate() {
        let (x, room) = (at(column), GAP / CHARACTER - 2);
        let _ = writeln!(
            out,
            "<text class=\"name\" x=\"{x}\" y=\"28\">{}</text>\n\
             <text class=\"what\" x=\"{x}\" y=\"46\">{}</text>\n\
             <path class=\"life\" d=\"M{x} 56V{}\"/>",
            escaped(&cut(name, room)),
            escaped(what.trim_start_matches('@')),
            height - 12,
        );
    }
    for (row, arrow) in drawing.arrows.iter().enumerate() {
        let y = TOP + row * ROW;
        let (from, to) = (at(arrow.from), at(arrow.to));
        let class = class(arrow.kind);
        let _ = writeln!(
            out,
            "<g><title>{}</title><text class=\"time\" x=\"12\" y=\"{}\">{}</text>",
            escaped(&arrow.text),
            y + 4,
            arrow.time
        );
        if from == to {
            let _ = writeln!(
                out,
                "<circle cx=\"{from}\" cy=\"{y}\" r=\"4\" fill=\"#666\"/>\
                 <text class=\"remark\" x=\"{}\" y=\"{}\">{}</text></g>",
                from + 10,
                y + 4,
                escaped(&arrow.label)
            );
            continue;
        }
        let room = from.abs_diff(to) / CHARACTER - 4;
        let _ = writeln!(
            out,
            "<path class=\"arrow {class}\" d=\"M{from} {y}H{to}\" marker-end=\"url(#{class})\"/>\
             <text class=\"label {class}\" x=\"{}\" y=\"{}\">{}</text></g>",
            usize::midpoint(from, to),
            y - 6,
            escaped(&cut(&arrow.label, room))
        );
    }
    out.push_str("</svg>\n");
    out
}

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Request => "request",
        Kind::Provisional => "provisional",
        Kind::Success => "success",
        Kind::Failure => "failure",
        Kind::Remark => "remark",
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            // XML has no word for the others.
            character if character.is_control() => out.push('\u{fffd}'),
            character => out.push(character),
        }
    }
    out
}
