//! How objects of a type are shown when nobody says how.

/// A type's default view.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The type.
    pub type_name: &'static str,
    /// Its columns or lines.
    pub shape: Shape,
    /// What begins a new part, with a heading.
    pub group: Option<Group>,
    /// The name that types share which stand in one table; its own if empty.
    pub kin: &'static str,
}

/// What objects of a view are grouped by: `    Directory: C:\\Windows`.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The word before the colon.
    pub label: &'static str,
    /// The property; of a path, what stands before `::` is not shown.
    pub property: &'static str,
    /// Blanks before the label.
    pub indent: usize,
    /// Whether the provider is shown too.
    pub is_whole: bool,
}

/// Table or list.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A table.
    Table(&'static [Column]),
    /// A list of all its properties in their own order.
    List,
    /// A list of these properties.
    ListOf(&'static [&'static str]),
    /// Nothing but the text it is shown as, one line for each.
    Text,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The property, which is also the heading.
    pub property: &'static str,
    /// The heading, if another.
    pub label: &'static str,
    /// Width in characters; 0 shares what is left.
    pub width: u16,
    /// Whether it is set flush right.
    pub right: bool,
    /// How its value is written, if not as usual.
    pub format: &'static str,
    /// Whether what does not fit goes on in the next line.
    pub wraps: bool,
}

impl Column {
    /// A column that shares what is left.
    pub const fn new(property: &'static str) -> Column {
        Column { property, label: property, width: 0, right: false, format: "", wraps: false }
    }

    /// Its width in characters.
    pub const fn width(mut self, width: u16) -> Column {
        self.width = width;
        self
    }

    /// Its heading.
    pub const fn label(mut self, label: &'static str) -> Column {
        self.label = label;
        self
    }

    /// How its value is written: a format of .NET.
    pub const fn format(mut self, format: &'static str) -> Column {
        self.format = format;
        self
    }

    /// What does not fit goes on in the next line.
    pub const fn wraps(mut self) -> Column {
        self.wraps = true;
        self
    }

    /// Flush right.
    pub const fn right(mut self) -> Column {
        self.right = true;
        self
    }
}

impl View {
    /// A table.
    pub const fn table(type_name: &'static str, columns: &'static [Column]) -> View {
        View { type_name, shape: Shape::Table(columns), group: None, kin: "" }
    }

    /// A new part, with a heading, for each value of a property.
    pub const fn grouped(mut self, group: Group) -> View {
        self.group = Some(group);
        self
    }

    /// In one table with other types of that kin.
    pub const fn kin(mut self, kin: &'static str) -> View {
        self.kin = kin;
        self
    }

    /// A list of all properties.
    pub const fn list(type_name: &'static str) -> View {
        View { type_name, shape: Shape::List, group: None, kin: "" }
    }

    /// A list of some properties.
    pub const fn list_of(type_name: &'static str, properties: &'static [&'static str]) -> View {
        View { type_name, shape: Shape::ListOf(properties), group: None, kin: "" }
    }
}
