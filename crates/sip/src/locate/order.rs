//! The order of what the domain name system gives. Pure: the chance in RFC 2782's weights is an
//! argument.

use super::{Naptr, Srv};
use crate::random::Randomness;

/// The names that NAPTR records of this service lead to, in the order of RFC 3403 §4.1. Only
/// records that an SRV record follows (flag `s`) count.
pub(super) fn services(mut records: Vec<Naptr>, service: &str) -> impl Iterator<Item = String> {
    records.retain(|record| {
        record.flags.eq_ignore_ascii_case("s") && record.service.eq_ignore_ascii_case(service)
    });
    records.sort_by_key(|record| (record.order, record.preference));
    records.into_iter().map(|record| record.replacement)
}

/// SRV records in the order in which they are to be tried (RFC 2782): by priority, and those of
/// one priority by chance, in the proportion of their weights.
pub(super) fn targets(mut records: Vec<Srv>, random: &mut Randomness) -> Vec<Srv> {
    // Those without weight come first, so that they have a small chance at all.
    records.sort_by_key(|record| (record.priority, record.weight != 0));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.first().map(|record| record.priority) {
        let of_priority = records.partition_point(|record| record.priority == priority);
        let sum = records.iter().take(of_priority).map(|record| u64::from(record.weight)).sum();
        let drawn = draw(random, sum);
        let mut running = 0;
        let at = records.iter().take(of_priority).position(|record| {
            running += u64::from(record.weight);
            running >= drawn
        });
        ordered.push(records.remove(at.unwrap_or(0)));
    }
    ordered
}

/// A number between 0 and `most`, both included.
fn draw(random: &mut Randomness, most: u64) -> u64 {
    random.next_u64() % (most + 1)
}
