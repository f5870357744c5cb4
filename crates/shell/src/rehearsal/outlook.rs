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
    let people = copy.people().await?;
    let mut outlook = Outlook { is_judged: true, ..Outlook::default() };
    for (account, name) in people {
        let of = |ctx: &Ctx, is_loaded| Planned {
            store: ctx.store.clone(),
            c: ctx.drives.c.clone(),
            is_loaded,
        };
        let now = forecast(of(live, false), account).await.ok().flatten();
        let then = forecast(of(copy, is_loaded), account).await.ok().flatten();
        let Some(then) = then else { continue };
        let now = connection(live, now.unwrap_or_default()).await?;
        let then = connection(copy, then).await?;
        add(&mut outlook, &name, &now, &then);
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

fn add(outlook: &mut Outlook, person: &str, now: &[ImLink], then: &[ImLink]) {
    let is_failed = |links: &[ImLink], number: u8| {
        links.iter().any(|it| it.number == number && it.result == ImLinkResult::Failed)
    };
    for link in now.iter().filter(|link| link.result == ImLinkResult::Failed) {
        let holds =
            then.iter().any(|it| it.number == link.number && it.result == ImLinkResult::Passed);
        if holds && !outlook.repaired.contains(&link.number) {
            outlook.repaired.push(link.number);
        }
    }
    for link in then.iter().filter(|link| link.result == ImLinkResult::Failed) {
        let is_new = !is_failed(now, link.number);
        let text = match link.seen.is_empty() {
            true => link.error.clone(),
            false => format!("{} Seen: {}", link.error, link.seen),
        };
        let same = |other: &&mut super::outlook::Broken| {
            other.link == link.number && other.text == text && other.is_new == is_new
        };
        if let Some(known) = outlook.broken.iter_mut().find(same) {
            known.people.push(person.to_owned());
            continue;
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
}
