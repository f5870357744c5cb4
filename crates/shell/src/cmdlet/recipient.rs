//! What the Get cmdlets of recipients have in common (`cmdlets.md` §1.4): `-Anr`, `-Filter`,
//! `-SortBy`, `-ResultSize`, and the order in which they apply.

use super::{Arguments, Kind, Parameter, Stream};
use crate::filter::Filter;
use crate::filter::properties::Filterable;
use crate::lang::{Error, Object, Value};

/// How many objects a Get cmdlet of Exchange shows unless told otherwise.
const SHOWN: usize = 1000;

pub(super) const ANR: Parameter = Parameter::named("Anr", Kind::String)
    .sets(&["Anr"])
    .help("Beginning of a name, first name, last name or alias.");
pub(super) const FILTER: Parameter = Parameter::named("Filter", Kind::Filter);
pub(super) const UNIT: Parameter = Parameter::named("OrganizationalUnit", Kind::String)
    .help("Only people below this container: its name or distinguished name.");
pub(super) const RESULT_SIZE: Parameter = Parameter::named("ResultSize", Kind::Unlimited)
    .default("1000")
    .help("How many to show at most, or unlimited.");
pub(super) const SORT_BY: Parameter =
    Parameter::named("SortBy", Kind::String).help("The property to sort by, ascending.");

/// What `-Filter` says of objects with these properties.
pub(super) fn filter(args: &Arguments, properties: Filterable) -> Result<Option<Filter>, Error> {
    args.text("Filter").map(|text| Filter::parse(text, properties)).transpose()
}

/// Gives those objects to the pipeline that meet `-Filter`, sorted by `-SortBy`, at most
/// `-ResultSize`, and warns if there are more.
pub(super) async fn show(
    args: &Arguments,
    out: &mut Stream,
    mut shown: Vec<Object>,
    properties: Filterable,
) -> Result<(), Error> {
    if let Some(filter) = filter(args, properties)? {
        shown.retain(|object| filter.matches(object));
    }
    if let Some(property) = args.text("SortBy") {
        let key = |object: &Object| {
            object.get(property).and_then(|value| value.as_str().map(str::to_lowercase))
        };
        shown.sort_by_key(key);
    }
    let (all, most) = (shown.len(), most(args));
    for object in shown.into_iter().take(most) {
        out.object(object).await;
    }
    if all > most {
        out.warn(
            "There are more results available than are currently displayed. To view them, \
             increase the value for the ResultSize parameter.",
        )
        .await;
    }
    Ok(())
}

/// `-ResultSize`: a number, or everything.
fn most(args: &Arguments) -> usize {
    match args.value("ResultSize") {
        None | Some(Value::Null) => SHOWN,
        Some(Value::Int(most)) => usize::try_from(*most).unwrap_or_default(),
        Some(_) => usize::MAX,
    }
}
