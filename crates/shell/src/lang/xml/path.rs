//! XPath, the part people use in scripts: `/a/b`, `//b`, `*`, `@x`, `.`, `..`, `text()`, and
//! predicates with positions, comparisons, `contains`, `starts-with`, `not`, `and`, `or`.

use super::tree::{Kind, Tree};

/// Longest path; a path is typed by a person.
const PATH_BYTES_MAX: usize = 4_096;
/// Deepest nesting of predicates and brackets in them.
const PATH_DEPTH_MAX: u32 = 16;

/// The nodes a path leads to from a node, in document order. Attributes come as detached nodes.
pub(super) fn select(
    tree: &mut Tree,
    from: usize,
    path: &str,
    spaces: Spaces<'_>,
) -> Result<Vec<usize>, String> {
    if path.len() > PATH_BYTES_MAX {
        return Err("the path is too long".to_owned());
    }
    let mut found: Vec<usize> = Vec::new();
    for part in split_outside(path, "|") {
        let steps = Reader::new(&part).steps(0)?;
        for id in walk(tree, from, &steps, spaces)? {
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    Ok(found)
}

/// What prefixes mean, if somebody says so.
pub(super) type Spaces<'a> = Option<&'a [(String, String)]>;

#[derive(Debug)]
struct Step {
    axis: Axis,
    name: String,
    predicates: Vec<Test>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Root,
    Child,
    /// The node itself and all elements below it: the `//`.
    Below,
    Attribute,
    Itself,
    Parent,
    Text,
}

#[derive(Debug)]
enum Test {
    Position(usize),
    Last,
    Exists(Vec<Step>),
    Equal(Operand, Operand, bool),
    Contains(Operand, Operand),
    StartsWith(Operand, Operand),
    Not(Box<Test>),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
}

#[derive(Debug)]
enum Operand {
    Text(String),
    Path(Vec<Step>),
    LocalName,
}

/// Splits at a separator that is outside brackets and quotes.
fn split_outside(text: &str, separator: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_i32;
    let mut quote = None;
    for c in text.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => quote = Some(c),
            ('[' | '(', None) => depth += 1,
            (']' | ')', None) => depth -= 1,
            _ => {}
        }
        if depth == 0 && quote.is_none() && separator.contains(c) {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Reader<'a> {
        Reader { rest: text.trim() }
    }

    fn eat(&mut self, text: &str) -> bool {
        let trimmed = self.rest.trim_start();
        match trimmed.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let trimmed = self.rest.trim_start();
        match trimmed.strip_prefix(word) {
            Some(rest) if !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-') => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn wrong<T>(&self) -> Result<T, String> {
        Err(format!("the XPath expression is not understood at \"{}\"", self.rest))
    }

    fn steps(&mut self, depth: u32) -> Result<Vec<Step>, String> {
        let mut steps = Vec::new();
        let plain = |axis| Step { axis, name: String::new(), predicates: Vec::new() };
        if self.eat("//") {
            steps.push(plain(Axis::Root));
            steps.push(plain(Axis::Below));
        } else if self.eat("/") {
            steps.push(plain(Axis::Root));
            if self.rest.trim().is_empty() {
                return Ok(steps);
            }
        }
        loop {
            steps.push(self.step(depth)?);
            if self.eat("//") {
                steps.push(plain(Axis::Below));
            } else if !self.eat("/") {
                return Ok(steps);
            }
        }
    }

    fn step(&mut self, depth: u32) -> Result<Step, String> {
        let mut step = Step { axis: Axis::Child, name: String::new(), predicates: Vec::new() };
        if self.eat("..") {
            step.axis = Axis::Parent;
        } else if self.eat(".") {
            step.axis = Axis::Itself;
        } else if self.eat("text()") {
            step.axis = Axis::Text;
        } else {
            if self.eat("@") {
                step.axis = Axis::Attribute;
            }
            step.name = self.name();
            if step.name.is_empty() {
                return self.wrong();
            }
        }
        while self.eat("[") {
            if depth >= PATH_DEPTH_MAX {
                return Err("the path is nested too deeply".to_owned());
            }
            step.predicates.push(self.or(depth + 1)?);
            if !self.eat("]") {
                return self.wrong();
            }
        }
        Ok(step)
    }

    fn name(&mut self) -> String {
        let trimmed = self.rest.trim_start();
        if let Some(rest) = trimmed.strip_prefix('*') {
            self.rest = rest;
            return "*".to_owned();
        }
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        let end = trimmed.find(|c| !is_name(c)).unwrap_or(trimmed.len());
        self.rest = trimmed.get(end..).unwrap_or("");
        trimmed.get(..end).unwrap_or("").to_owned()
    }

    fn or(&mut self, depth: u32) -> Result<Test, String> {
        let mut test = self.and(depth)?;
        while self.eat_word("or") {
            test = Test::Or(Box::new(test), Box::new(self.and(depth)?));
        }
        Ok(test)
    }

    fn and(&mut self, depth: u32) -> Result<Test, String> {
        let mut test = self.test(depth)?;
        while self.eat_word("and") {
            test = Test::And(Box::new(test), Box::new(self.test(depth)?));
        }
        Ok(test)
    }

    fn test(&mut self, depth: u32) -> Result<Test, String> {
        if depth >= PATH_DEPTH_MAX {
            return Err("the path is nested too deeply".to_owned());
        }
        if self.eat("not(") {
            let inner = self.or(depth + 1)?;
            return if self.eat(")") { Ok(Test::Not(Box::new(inner))) } else { self.wrong() };
        }
        for (word, starts) in [("contains(", false), ("starts-with(", true)] {
            if self.eat(word) {
                let whole = self.operand(depth)?;
                if !self.eat(",") {
                    return self.wrong();
                }
                let part = self.operand(depth)?;
                if !self.eat(")") {
                    return self.wrong();
                }
                return Ok(if starts {
                    Test::StartsWith(whole, part)
                } else {
                    Test::Contains(whole, part)
                });
            }
        }
        if self.eat("last()") {
            return Ok(Test::Last);
        }
        if self.eat("position()") && !self.eat("=") {
            return self.wrong();
        }
        let trimmed = self.rest.trim_start();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            let number = trimmed.get(..digits).and_then(|digits| digits.parse().ok());
            self.rest = trimmed.get(digits..).unwrap_or("");
            return Ok(Test::Position(number.unwrap_or(0)));
        }
        if self.eat("(") {
            let inner = self.or(depth + 1)?;
            return if self.eat(")") { Ok(inner) } else { self.wrong() };
        }
        let left = self.operand(depth)?;
        let is_equal = if self.eat("!=") {
            false
        } else if self.eat("=") {
            true
        } else {
            return match left {
                Operand::Path(steps) => Ok(Test::Exists(steps)),
                _ => self.wrong(),
            };
        };
        Ok(Test::Equal(left, self.operand(depth)?, is_equal))
    }

    fn operand(&mut self, depth: u32) -> Result<Operand, String> {
        for quote in ["'", "\""] {
            if self.eat(quote) {
                let Some((text, rest)) = self.rest.split_once(quote) else {
                    return self.wrong();
                };
                self.rest = rest;
                return Ok(Operand::Text(text.to_owned()));
            }
        }
        if self.eat("local-name()") || self.eat("name()") {
            return Ok(Operand::LocalName);
        }
        Ok(Operand::Path(self.steps(depth)?))
    }
}

fn walk(
    tree: &mut Tree,
    from: usize,
    steps: &[Step],
    spaces: Spaces<'_>,
) -> Result<Vec<usize>, String> {
    let mut here = vec![from];
    for step in steps {
        let mut next: Vec<usize> = Vec::new();
        for id in here {
            let found = reach(tree, id, step, spaces)?;
            let kept = filter(tree, found, &step.predicates, spaces)?;
            next.extend(kept);
        }
        let mut seen = std::collections::HashSet::new();
        next.retain(|id| seen.insert(*id));
        here = next;
    }
    Ok(here)
}

/// The nodes one step leads to, before its predicates.
fn reach(
    tree: &mut Tree,
    id: usize,
    step: &Step,
    spaces: Spaces<'_>,
) -> Result<Vec<usize>, String> {
    let (prefix, wanted) = step.name.split_once(':').unwrap_or(("", &step.name));
    // Without anybody who says what prefixes mean, a name without one fits all of them.
    let space = match (prefix, spaces) {
        ("", None) => None,
        ("", Some(_)) => Some(String::new()),
        ("xml", _) => Some("http://www.w3.org/XML/1998/namespace".to_owned()),
        (_, None) => {
            return Err("Namespace Manager or XsltContext needed. This query has a prefix, \
                        variable, or user-defined function."
                .to_owned());
        }
        (prefix, Some(spaces)) => match spaces.iter().find(|(own, _)| own == prefix) {
            Some((_, uri)) => Some(uri.clone()),
            None => return Err(format!("Namespace prefix '{prefix}' is not defined.")),
        },
    };
    let is_named = |tree: &Tree, id: usize| {
        let name = tree.name(id);
        let local = name.rsplit(':').next().unwrap_or(&name);
        let is_there = wanted == "*" && prefix.is_empty();
        is_there
            || ((wanted == "*" || local == wanted)
                && space.as_ref().is_none_or(|space| tree.space_of(id) == *space))
    };
    Ok(match step.axis {
        Axis::Root => vec![0],
        Axis::Itself => vec![id],
        Axis::Parent => tree.parent(id).into_iter().collect(),
        Axis::Child => {
            let mut found = tree.elements(id);
            found.retain(|child| is_named(tree, *child));
            found
        }
        Axis::Below => std::iter::once(id).chain(tree.below(id)).collect(),
        Axis::Text => {
            let mut found = tree.children(id);
            found.retain(|child| matches!(tree.kind(*child), Kind::Text | Kind::Data));
            found
        }
        Axis::Attribute => {
            let attributes = tree.node(id).map(|node| node.attributes.clone()).unwrap_or_default();
            attributes
                .iter()
                .filter(|(name, _)| match name.split_once(':') {
                    _ if step.name == "*" => true,
                    Some((own, local)) if !prefix.is_empty() => {
                        local == wanted && space.as_ref() == Some(&tree.space(id, own))
                    }
                    _ => *name == step.name,
                })
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect::<Vec<_>>()
                .into_iter()
                .map(|(name, value)| tree.add(Kind::Attribute, &name, &value))
                .collect()
        }
    })
}

fn filter(
    tree: &mut Tree,
    found: Vec<usize>,
    tests: &[Test],
    spaces: Spaces<'_>,
) -> Result<Vec<usize>, String> {
    let mut kept = found;
    for test in tests {
        let count = kept.len();
        let mut next = Vec::new();
        for (at, id) in kept.into_iter().enumerate() {
            if holds(tree, id, test, (at + 1, count), spaces)? {
                next.push(id);
            }
        }
        kept = next;
    }
    Ok(kept)
}

fn holds(
    tree: &mut Tree,
    id: usize,
    test: &Test,
    place: (usize, usize),
    spaces: Spaces<'_>,
) -> Result<bool, String> {
    let (at, count) = place;
    Ok(match test {
        Test::Position(wanted) => at == *wanted,
        Test::Last => at == count,
        Test::Exists(steps) => !walk(tree, id, steps, spaces)?.is_empty(),
        Test::Not(inner) => !holds(tree, id, inner, place, spaces)?,
        Test::And(a, b) => holds(tree, id, a, place, spaces)? && holds(tree, id, b, place, spaces)?,
        Test::Or(a, b) => holds(tree, id, a, place, spaces)? || holds(tree, id, b, place, spaces)?,
        Test::Equal(a, b, is_equal) => {
            let (a, b) = (texts(tree, id, a, spaces)?, texts(tree, id, b, spaces)?);
            a.iter().any(|a| b.iter().any(|b| (a == b) == *is_equal))
        }
        Test::Contains(a, b) => compare(tree, id, (a, b), spaces, |a, b| a.contains(b))?,
        Test::StartsWith(a, b) => compare(tree, id, (a, b), spaces, |a, b| a.starts_with(b))?,
    })
}

fn compare(
    tree: &mut Tree,
    id: usize,
    (whole, part): (&Operand, &Operand),
    spaces: Spaces<'_>,
    fits: fn(&str, &str) -> bool,
) -> Result<bool, String> {
    let (whole, part) = (texts(tree, id, whole, spaces)?, texts(tree, id, part, spaces)?);
    Ok(whole.iter().any(|whole| part.iter().any(|part| fits(whole, part))))
}

fn texts(
    tree: &mut Tree,
    id: usize,
    operand: &Operand,
    spaces: Spaces<'_>,
) -> Result<Vec<String>, String> {
    Ok(match operand {
        Operand::Text(text) => vec![text.clone()],
        Operand::LocalName => {
            let name = tree.name(id);
            vec![name.rsplit(':').next().unwrap_or(&name).to_owned()]
        }
        Operand::Path(steps) => {
            let found = walk(tree, id, steps, spaces)?;
            found.into_iter().map(|id| tree.inner_text(id)).collect()
        }
    })
}
