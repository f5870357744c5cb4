//! What would be broken when all of it were applied: the sixteen links of `design.md` §6, on the
//! copy, as far as they can be judged without a connection, beside the same for the present.

use serde::{Deserialize, Serialize};
use store::directory::DirectoryRead as _;

use super::Planned;
use crate::cmdlet::Ctx;
use crate::im_links::{ImLink, ImLinkResult};
use crate::im_settings;
use crate::lang::Error;
use crate::limits::FORECAST_PEOPLE_MAX;

/// A link that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// 1 to 16.
    pub link: u8,
    /// Its name.
    pub name: String,
    /// What is wrong, and what was seen.
    pub text: String,
    /// The commands that repair it.
    pub repair: String,
    /// For whom; everybody if empty.
    pub people: Vec<String>,
    /// Whether it is the script that breaks it: it holds at present, or could not be judged.
    pub is_new: bool,
}

/// The links that would be broken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlook {
    /// By number.
    pub broken: Vec<Broken>,
    /// Links that are broken at present and would hold.
    pub repaired: Vec<u8>,
    /// Whether there is a web app here to judge for.
    pub is_judged: bool,
}

impl Outlook {
    /// For people who may not know for whom.
    pub(crate) fn without_people(&mut self) {
        self.broken.iter_mut().for_each(|broken| broken.people.clear());
    }
}

/// The link that a stopped messaging server breaks.
const POOL_REACHABLE: u8 = 8;
/// Its service.
const FRONT_END: &str = "RTCSRV";

/// The links of one person, those of the connection judged from what is known.
type Links = Vec<ImLink>;

pub(super) async fn look(live: &Ctx, copy: &Ctx, is_loaded: bool) -> Result<Outlook, Error> {
    let Some(forecast) = live.rehearsals.as_ref().and_then(|room| room.forecast.clone()) else {
        return Ok(Outlook::default());
    };
    let (before, people) = (live.people().await?, copy.people().await?);
    let mut outlook = Outlook { is_judged: true, ..Outlook::default() };
    let mut of_old = Vec::new();
    let mut of_new = Vec::new();
    for (account, name) in people {
        let of = |ctx: &Ctx, is_loaded| Planned {
            store: ctx.store.clone(),
            c: ctx.drives.c.clone(),
            is_loaded,
        };
        let then = forecast(of(copy, is_loaded), account).await.ok().flatten();
        let Some(then) = then else { continue };
        let then = connection(copy, then).await?;
        if !before.iter().any(|(known, _)| *known == account) {
            of_new.push((name, then));
            continue;
        }
        let now = forecast(of(live, false), account).await.ok().flatten();
        let now = connection(live, now.unwrap_or_default()).await?;
        of_old.push((name, now, then));
    }
    for (name, now, then) in &of_old {
        add(&mut outlook, name, now, then);
    }
    let known: Vec<Links> = of_old.into_iter().map(|(_, now, _)| now).collect();
    for (name, then) in &of_new {
        add_new(&mut outlook, name, &known, then);
    }
    outlook.broken.sort_by_key(|broken| broken.link);
    outlook.repaired.sort_unstable();
    let broken: Vec<u8> = outlook.broken.iter().map(|broken| broken.link).collect();
    outlook.repaired.retain(|link| !broken.contains(link));
    Ok(outlook)
}

impl Ctx {
    /// The people to judge for: everybody with a mailbox, as many as are looked at.
    async fn people(&self) -> Result<Vec<(store::Uuid, String)>, Error> {
        self.read(|rows| {
            use store::mail::MailRead as _;
            let mut people = Vec::new();
            for account in rows.accounts()? {
                if people.len() < FORECAST_PEOPLE_MAX && rows.mailbox_of(account.id)?.is_some() {
                    people.push((account.id, account.display_name));
                }
            }
            Ok(people)
        })
        .await
    }
}

/// Links 8 to 11, which the web app judges over a connection, from what the tables say.
async fn connection(ctx: &Ctx, mut links: Links) -> Result<Links, Error> {
    let judged = im_settings::outlook(ctx).await?;
    for (number, verdict) in judged {
        let Some(link) = links.iter_mut().find(|link| link.number == number) else { continue };
        match verdict {
            Ok(()) => link.result = ImLinkResult::Passed,
            Err(why) => {
                link.result = ImLinkResult::Failed;
                link.error = why;
                link.seen = String::new();
            }
        }
    }
    let reached = links.iter_mut().find(|link| link.number == POOL_REACHABLE);
    if let Some(link) = reached.filter(|_| !ctx.services.is_running(FRONT_END)) {
        link.result = ImLinkResult::Failed;
        link.error = format!("The messaging server's service {FRONT_END} is stopped.");
        link.repair = format!("Start-Service {FRONT_END}");
        link.seen = String::new();
    }
    Ok(links)
}

fn is_failed(links: &[ImLink], number: u8) -> bool {
    links.iter().any(|it| it.number == number && it.result == ImLinkResult::Failed)
}

fn holds(links: &[ImLink], number: u8) -> bool {
    links.iter().any(|it| it.number == number && it.result == ImLinkResult::Passed)
}

fn add(outlook: &mut Outlook, person: &str, now: &[ImLink], then: &[ImLink]) {
    for link in now.iter().filter(|link| link.result == ImLinkResult::Failed) {
        if holds(then, link.number) && !outlook.repaired.contains(&link.number) {
            outlook.repaired.push(link.number);
        }
    }
    for link in then.iter().filter(|link| link.result == ImLinkResult::Failed) {
        put(outlook, person, link, !is_failed(now, link.number));
    }
}

/// The last of the links that are the organization's; the others are a person's own.
const OF_ALL: u8 = 11;
/// The person is enabled for messaging; and the mailbox has the SIP address as proxy address.
const ENABLED: u8 = 15;
const PROXY: u8 = 16;

/// Somebody whose mailbox the script makes. Nothing of theirs can break: that they are not enabled
/// yet, or have no policy yet, is how people begin. But addresses that do not agree are wrong
/// from the first sign-in on, and so is what the script breaks for everybody.
fn add_new(outlook: &mut Outlook, person: &str, known: &[Links], then: &[ImLink]) {
    for link in then.iter().filter(|link| link.result == ImLinkResult::Failed) {
        let number = link.number;
        if number <= OF_ALL {
            let was_so = known.is_empty() || known.iter().any(|now| is_failed(now, number));
            put(outlook, person, link, !was_so);
        } else if number == PROXY && holds(then, ENABLED) {
            put(outlook, person, link, true);
        }
    }
}

fn put(outlook: &mut Outlook, person: &str, link: &ImLink, is_new: bool) {
    let text = match link.seen.is_empty() {
        true => link.error.clone(),
        false => format!("{} Seen: {}", link.error, link.seen),
    };
    let same = |other: &&mut Broken| {
        other.link == link.number && other.text == text && other.is_new == is_new
    };
    if let Some(known) = outlook.broken.iter_mut().find(same) {
        known.people.push(person.to_owned());
        return;
    }
    outlook.broken.push(Broken {
        link: link.number,
        name: link.name.clone(),
        text,
        repair: link.repair.clone(),
        people: vec![person.to_owned()],
        is_new,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen links of which these fail.
    fn links(failed: &[u8]) -> Links {
        let link = |number| ImLink {
            number,
            name: format!("link {number}"),
            result: match failed.contains(&number) {
                true => ImLinkResult::Failed,
                false => ImLinkResult::Passed,
            },
            error: "It is broken.".to_owned(),
            seen: String::new(),
            repair: String::new(),
        };
        (1..=16).map(link).collect()
    }

    #[test]
    fn what_is_new_with_people_who_are_new() {
        for (known, then, expected) in [
            // Only a mailbox: not enabled yet.
            (&[][..], &[15, 16][..], &[][..]),
            (&[], &[13, 15], &[]),
            // Enabled, and the addresses do not agree.
            (&[], &[16], &[(16, true)]),
            // What is broken for everybody already is not the script's doing.
            (&[2, 3], &[2, 3, 15], &[(2, false), (3, false)]),
            // What is broken for everybody by the script is.
            (&[], &[7, 15], &[(7, true)]),
        ] {
            let mut outlook = Outlook::default();
            add_new(&mut outlook, "Nina Novak", &[links(known)], &links(then));
            let found: Vec<_> =
                outlook.broken.iter().map(|broken| (broken.link, broken.is_new)).collect();
            assert_eq!(found, expected, "{known:?} {then:?}");
        }
    }

    #[test]
    fn what_is_new_with_people_who_were_there() {
        let mut outlook = Outlook::default();
        add(&mut outlook, "Ken Myer", &links(&[12, 15]), &links(&[12, 16]));
        let found: Vec<_> = outlook.broken.iter().map(|it| (it.link, it.is_new)).collect();
        assert_eq!(found, [(12, false), (16, true)]);
        assert_eq!(outlook.repaired, [15]);
    }
}
