//! Lists that are kept with us (RFC 4662 §4, RFC 4826): the SUBSCRIBE names one by its address,
//! who is on it is read from the store, and read again when it changes.
//!
//! `sip:alice@example.test;list` is alice's whole contact list; any other address of ours that is
//! nobody's may be a service that she has defined. Whose list it is, only they may ask for it.

use sip::{Message, Method, Name, Now};
use store::Uuid;

use super::{CONTACT_PARAM, EVENTLIST, List, Lists, begin, member, unwatch, watch};
use crate::aor::Aor;
use crate::directory::Directory;
use crate::error::Error;
use crate::job::Job;
use crate::limits;
use crate::notify::End;
use crate::outbox::{AwaitedCommit, Outbox};
use crate::person::Person;
use crate::shard::Ctx;
use crate::usage::Asked;
use crate::write::{Committed, Write};
use crate::xcap::ListName;

/// A SUBSCRIBE whose list is being read.
#[derive(Debug)]
pub(super) struct Asking {
    job: Job,
    asked: Asked,
    name: ListName,
    /// It has changed since it was asked for.
    is_stale: bool,
}

impl Lists {
    /// Whether one of them is kept with us.
    pub(crate) fn are_kept(&self) -> bool {
        !self.asking.is_empty() || self.by_number.values().any(|list| list.kept.is_some())
    }
}

/// The list that a SUBSCRIBE begins to watch; none: it is about somebody, or brings its list.
pub(super) fn name(directory: &Directory, request: &Message) -> Option<ListName> {
    let is_first = request.method() == Some(Method::Subscribe) && request.to_tag().is_none();
    if !is_first || !request.body().is_empty() || !request.lists(Name::Supported, EVENTLIST) {
        return None;
    }
    let uri = request.request_uri().ok()?;
    let aor = Aor::from_uri(uri)?;
    if uri.params.has(CONTACT_PARAM) {
        return Some(ListName::Contacts);
    }
    // RFC 5627: the address of a device is somebody's.
    let is_nobody = !uri.params.has("gr") && directory.user(&aor).is_none();
    (is_nobody && directory.is_local_domain(aor.domain())).then_some(ListName::Service(aor))
}

/// Reads who is on a list; the SUBSCRIBE waits for it.
pub(super) fn ask(
    ctx: &Ctx,
    out: &mut Outbox,
    person: &mut Person,
    job: &Job,
    asked: Asked,
    name: ListName,
) -> Result<(), Error> {
    let named = job.request.request_uri().ok().and_then(Aor::from_uri);
    if name == ListName::Contacts && named.as_ref() != Some(&person.aor) {
        return Err(Error::NotFound);
    }
    if person.lists.len() >= limits::LISTS_PER_WATCHER_MAX {
        return Err(Error::TooManySubscriptions);
    }
    let account = account_of(ctx, person).ok_or(Error::NotFound)?;
    let asking = out.number();
    let awaited = AwaitedCommit::NewList { watcher: person.aor.clone(), asking };
    out.commit(awaited, Write::ListMembers { account, name: name.clone() });
    person.lists.asking.insert(asking, Asking { job: job.clone(), asked, name, is_stale: false });
    Ok(())
}

fn account_of(ctx: &Ctx, person: &Person) -> Option<Uuid> {
    ctx.directory.enabled_user(&person.aor).map(|user| user.account)
}

/// Who is on a list has been read, or could not be.
pub(crate) fn listed(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    asking: u64,
    result: Result<Committed, String>,
) {
    let Some(it) = person.lists.asking.remove(&asking) else { return };
    let Asking { job, asked, name, is_stale } = it;
    let begun = match result {
        Ok(Committed::Members(Some(entries))) => {
            begin(ctx, now, out, person, &job, asked, entries, Some(name))
        }
        Ok(_) => Err(Error::NotFound),
        Err(cause) => {
            tracing::error!(%cause, watcher = %person.aor, "a list could not be read");
            Err(Error::StoreUnavailable)
        }
    };
    match begun {
        Ok(()) if is_stale => changed(ctx, out, person),
        Ok(()) => {}
        Err(error) => out.reject(now, job.transaction, &job.request, &error),
    }
}

/// The contact list, or what else decides who is on a list of this watcher, has changed.
pub(crate) fn changed(ctx: &Ctx, out: &mut Outbox, person: &mut Person) {
    let Some(account) = account_of(ctx, person) else { return };
    person.lists.asking.values_mut().for_each(|asking| asking.is_stale = true);
    for (list, name) in
        person.lists.by_number.iter().filter_map(|(n, it)| Some((n, it.kept.as_ref()?)))
    {
        let awaited = AwaitedCommit::ChangedList { watcher: person.aor.clone(), list: *list };
        out.commit(awaited, Write::ListMembers { account, name: name.clone() });
    }
}

/// Who is on a list now has been read. Without the list the subscription ends.
pub(crate) fn listed_again(
    ctx: &Ctx,
    now: Now,
    out: &mut Outbox,
    person: &mut Person,
    number: u64,
    result: Result<Committed, String>,
) {
    let Some(list) = person.lists.by_number.get_mut(&number) else { return };
    match result {
        Ok(Committed::Members(Some(entries))) => {
            let Some((gone, new)) = changes(list, entries) else { return };
            for at in gone {
                if let Some(presentity) = list.members.remove(&at).and_then(|it| it.aor) {
                    let place = super::Place { list: number, at };
                    out.between(super::Between::Unwatch { presentity, place });
                }
            }
            list.add(new.into_iter().map(|entry| member(ctx, entry)));
            // RFC 4662 §5.2: only a full NOTIFY says who is not on the list any more.
            list.owes_all = true;
            watch(out, &person.aor, number, list);
        }
        Ok(_) => {
            if let Some(mut list) = person.lists.by_number.remove(&number) {
                unwatch(out, number, &list);
                super::end(ctx, now, out, &mut list, End::NoResource);
            }
        }
        Err(cause) => tracing::error!(%cause, watcher = %person.aor, "a list could not be read"),
    }
}

/// The places of those who are on the list no more, and who is new; none: nobody.
fn changes(list: &List, entries: Vec<super::Entry>) -> Option<(Vec<usize>, Vec<super::Entry>)> {
    let gone: Vec<usize> = list
        .members
        .iter()
        .filter(|(_, member)| !entries.contains(&member.entry))
        .map(|(at, _)| *at)
        .collect();
    let is_new = |entry: &super::Entry| !list.members.values().any(|it| it.entry == *entry);
    let new: Vec<super::Entry> = entries.into_iter().filter(is_new).collect();
    (!gone.is_empty() || !new.is_empty()).then_some((gone, new))
}
