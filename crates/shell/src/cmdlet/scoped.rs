//! Settings and policies in scopes, as all Cs nouns of that sort have them: the grammar of their
//! identities, and `Get-`, `New-`, `Set-`, `Remove-`, `Grant-` for any kind (`cmdlets.md` §1.3).
//!
//! Owns the rules that are the same for every kind. A noun's file says what its properties are.
//! Read next: `cs_user_services_policy`.

use store::Reader;
use store::directory::{Account, DirectoryRead, MessagingUser};
use store::messaging::{
    GLOBAL, MessagingRead, MessagingWrite as _, Scoped, ScopedSetting, Topology, Whereabouts,
    effective,
};

use super::{Arguments, Ctx, Kind, Parameter, Stream};
use crate::drives::wildcard;
use crate::identity::lync_users;
use crate::lang::{Category, Error, Object, Value};
use crate::topology::site_identity;

/// A kind of setting as the shell shows and changes it.
pub(super) trait Noun: ScopedSetting + Send + Sync + 'static {
    /// The noun: `CsUserServicesPolicy`.
    const NOUN: &'static str;
    /// Type of its objects.
    const TYPE: &'static str;
    /// Whether it can be granted to people.
    const IS_POLICY: bool;
    /// The role whose pools are a scope, if any.
    const SERVICE: Option<&'static str>;

    /// Changes what was given.
    fn change(&mut self, args: &Arguments) -> Result<(), Error>;

    /// Its properties, after the identity.
    fn shown(&self, object: Object) -> Object;

    /// Takes over the properties of an object.
    fn take(&mut self, object: &Object) -> Result<(), Error>;

    /// What an administrator should know of such a setting.
    fn warning(&self) -> Option<&'static str> {
        None
    }
}

pub(super) const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .help("Global, Site:<SiteId>, or a name (Tag:<name>); the global one if left out.");
pub(super) const NEW_IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .help("Site:<SiteId>, or a name (Tag:<name>) for one that is granted to people.");
pub(super) const ONE_IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_property()
    .from_pipeline()
    .help("Global, Site:<SiteId>, or a name (Tag:<name>).");
pub(super) const GET_IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .from_property()
    .sets(&["Identity"])
    .help("Global, Site:<SiteId>, or a name (Tag:<name>); all if left out.");
pub(super) const FILTER: Parameter = Parameter::named("Filter", Kind::String)
    .sets(&["Filter"])
    .help("Wildcards to be matched with the Identity, such as site:* or tag:*.");
pub(super) const LOCAL_STORE: Parameter =
    Parameter::switch("LocalStore").help("Accepted: there is one store.");
pub(super) const INSTANCE: Parameter = Parameter::named("Instance", Kind::Any)
    .from_pipeline()
    .help("An object as Get- or New- -InMemory gives it, changed; it is saved as a whole.");
pub(super) const IN_MEMORY: Parameter = Parameter::switch("InMemory")
    .help("Makes the object without saving it; Set- -Instance saves it later.");
pub(super) const FORCE: Parameter = Parameter::switch("Force").help("Asks no questions.");
pub(super) const USER: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_pipeline()
    .from_property()
    .help(
        "SIP address, user principal name, domain\\logon, display name (may have *) or \
           distinguished name.",
    );
pub(super) const POLICY_NAME: Parameter = Parameter::named("PolicyName", Kind::String)
    .at(1)
    .mandatory()
    .or_empty()
    .help("Name of the policy, with or without Tag:; $Null takes it away.");
pub(super) const PASS_THRU: Parameter =
    Parameter::switch("PassThru").help("Returns the users after the change.");

/// The scope that an identity means, as it is stored and shown.
pub(super) fn read_scope<T: Noun>(topology: &Topology, text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.eq_ignore_ascii_case(GLOBAL) {
        return Ok(GLOBAL.to_owned());
    }
    let (prefix, name) = match text.split_once(':') {
        Some((prefix, name)) => (prefix.trim(), name.trim()),
        None => ("tag", text),
    };
    if prefix.eq_ignore_ascii_case("site") {
        let mut sites = topology.sites.iter();
        let same = |id: &str| id.eq_ignore_ascii_case(name);
        let site = sites.find(|site| same(&site.site_id) || same(&site.display_name));
        return match site {
            Some(site) => Ok(site_identity(&site.site_id)),
            None => Err(unknown_scope(text, "there is no such site")
                .advice("Get-CsSite | Select-Object DisplayName, SiteId shows the sites.")),
        };
    }
    if let Some(role) = T::SERVICE.filter(|role| prefix.eq_ignore_ascii_case(role)) {
        let pool = topology.pools.iter().find(|pool| pool.fqdn.eq_ignore_ascii_case(name));
        return match pool {
            Some(pool) => Ok(format!("{role}:{}", pool.fqdn)),
            None => Err(unknown_scope(text, "there is no such service")
                .advice(format!("Get-CsService -{role} shows the services."))),
        };
    }
    let scopes = match (T::IS_POLICY, T::SERVICE) {
        (true, Some(role)) => format!("Global, Site:<SiteId>, {role}:<pool>, or a name"),
        (true, None) => "Global, Site:<SiteId>, or a name".to_owned(),
        _ => "Global or Site:<SiteId>".to_owned(),
    };
    if !T::IS_POLICY || !prefix.eq_ignore_ascii_case("tag") {
        return Err(
            unknown_scope(text, "this kind has no such scope").advice(format!("Write {scopes}."))
        );
    }
    let fits = |c: char| c.is_alphanumeric() || " -_.&()".contains(c);
    if name.is_empty() || name.chars().count() > 64 || !name.chars().all(fits) {
        return Err(unknown_scope(text, "it is no name for a policy")
            .advice("Use up to 64 letters, digits, blanks, - _ . & ( )."));
    }
    Ok(format!("Tag:{name}"))
}

fn unknown_scope(text: &str, why: &str) -> Error {
    Error::invalid_argument("Identity", format!("\"{text}\" cannot be used: {why}.")).target(text)
}

/// The setting in a scope.
fn find<T: Noun>(rows: &impl MessagingRead, text: &str) -> Result<Scoped<T>, Error> {
    let unknown = || {
        Error::lync_object_not_found(text).advice(format!("Get-{} lists what there is.", T::NOUN))
    };
    let scope = read_scope::<T>(&rows.published_topology()?, text).map_err(|_| unknown())?;
    let all = rows.scoped_settings::<T>()?;
    all.into_iter().find(|own| own.scope.eq_ignore_ascii_case(&scope)).ok_or_else(unknown)
}

fn object<T: Noun>(own: &Scoped<T>) -> Object {
    own.value.shown(Object::new(T::TYPE).with("Identity", &own.scope))
}

/// `Get-`
pub(super) async fn get<T: Noun>(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
) -> Result<(), Error> {
    let identity = args.text("Identity").map(str::to_owned);
    let all = ctx
        .read(move |rows| match &identity {
            Some(text) => Ok(vec![find::<T>(rows, text)?]),
            None => Ok(rows.scoped_settings::<T>()?),
        })
        .await?;
    let filter = args.text("Filter").unwrap_or("*");
    for own in all.iter().filter(|own| wildcard(filter, &own.scope)) {
        out.object(object(own)).await;
    }
    Ok(())
}

/// `New-`
pub(super) async fn new<T: Noun>(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
) -> Result<(), Error> {
    let text = args.text("Identity").unwrap_or_default().to_owned();
    let scope = ctx.read(move |rows| free_scope::<T>(rows, &text)).await?;
    let mut value = T::default();
    value.change(args)?;
    let made = Scoped { scope, value };
    if args.flag("InMemory") {
        out.object(object(&made)).await;
        return Ok(());
    }
    if !out.should_process(out.cmdlet_name(), &made.scope).await? {
        return Ok(());
    }
    let wanted = made.clone();
    ctx.write(move |rows| {
        let scope = free_scope::<T>(rows, &wanted.scope)?;
        Ok(rows.put_scoped_setting(&scope, &wanted.value)?)
    })
    .await?;
    warn(&made.value, out).await;
    out.object(object(&made)).await;
    Ok(())
}

async fn warn<T: Noun>(value: &T, out: &mut Stream) {
    if let Some(warning) = value.warning() {
        out.warn(warning).await;
    }
}

/// The scope, if nothing is in it yet.
fn free_scope<T: Noun>(rows: &impl MessagingRead, text: &str) -> Result<String, Error> {
    let scope = read_scope::<T>(&rows.published_topology()?, text)?;
    if scope == GLOBAL {
        let message = format!("The global {} exists always and cannot be made.", T::KIND);
        return Err(Error::exists(GLOBAL, message)
            .advice(format!("Set-{} without -Identity changes it.", T::NOUN)));
    }
    let all = rows.scoped_settings::<T>()?;
    match all.iter().any(|own| own.scope.eq_ignore_ascii_case(&scope)) {
        true => Err(Error::exists(&scope, format!("\"{scope}\" exists already."))
            .advice(format!("Set-{} changes it.", T::NOUN))),
        false => Ok(scope),
    }
}

/// `Set-`
pub(super) async fn set<T: Noun>(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
) -> Result<(), Error> {
    let instance = match args.value("Instance") {
        None | Some(Value::Null) => None,
        Some(Value::Object(object)) => Some(object.clone()),
        Some(_) => {
            return Err(Error::invalid_argument("Instance", "-Instance takes an object.")
                .advice(format!("Get-{} gives such objects.", T::NOUN)));
        }
    };
    let given = args.clone();
    let (changed, before) =
        ctx.read(move |rows| decide_change::<T>(rows, instance.as_ref(), &given)).await?;
    if !out.should_process(out.cmdlet_name(), &changed.scope).await? {
        return Ok(());
    }
    if before.as_ref() != Some(&changed.value) {
        warn(&changed.value, out).await;
        ctx.write(move |rows| Ok(rows.put_scoped_setting(&changed.scope, &changed.value)?)).await?;
    }
    Ok(())
}

/// The setting as it is to be, and as it is.
fn decide_change<T: Noun>(
    rows: &Reader,
    instance: Option<&Object>,
    args: &Arguments,
) -> Result<(Scoped<T>, Option<T>), Error> {
    let (mut own, before) = match instance {
        None => {
            let own = find::<T>(rows, args.text("Identity").unwrap_or(GLOBAL))?;
            (own.clone(), Some(own.value))
        }
        Some(object) => {
            let identity = object.get("Identity").unwrap_or_default();
            let text = identity.as_str().unwrap_or_default();
            let scope = read_scope::<T>(&rows.published_topology()?, text)?;
            // What was made in memory is saved here for the first time.
            let before = find::<T>(rows, &scope).ok().map(|own| own.value);
            let mut value = before.clone().unwrap_or_default();
            value.take(object)?;
            (Scoped { scope, value }, before)
        }
    };
    own.value.change(args)?;
    Ok((own, before))
}

/// `Remove-`
pub(super) async fn remove<T: Noun>(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
) -> Result<(), Error> {
    let text = args.text("Identity").unwrap_or_default().to_owned();
    let own = ctx.read(move |rows| find::<T>(rows, &text)).await?;
    if !out.should_process(out.cmdlet_name(), &own.scope).await? {
        return Ok(());
    }
    let scope = own.scope.clone();
    let had = ctx.write(move |rows| Ok(rows.delete_scoped_setting::<T>(&scope)?)).await?;
    if own.scope == GLOBAL {
        out.warn(format!("The global {} cannot be removed; it has its defaults again.", T::KIND))
            .await;
    } else if had > 0 {
        out.warn(format!(
            "{} had been granted to {had} people; the policy of their service or site, or the \
             global one, applies to them now.",
            own.scope
        ))
        .await;
    }
    Ok(())
}

/// `Grant-`
pub(super) async fn grant<T: Noun>(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let name = args.text("PolicyName").filter(|name| !name.is_empty()).map(str::to_owned);
    let (people, name) = ctx
        .read(move |rows| {
            let name = name.map(|name| granted_name::<T>(rows, &name)).transpose()?;
            Ok((lync_users(rows, &identity)?, name))
        })
        .await?;
    for (account, _) in people {
        if !out.should_process(out.cmdlet_name(), &account.display_name).await? {
            continue;
        }
        let (id, name) = (account.id, name.clone());
        ctx.write(move |rows| Ok(rows.grant_policy(id, T::KIND, name.as_deref())?)).await?;
        super::cs_user::pass_thru(ctx, args, out, account.id).await?;
    }
    Ok(())
}

/// The name of a policy that can be granted, as it is spelled.
fn granted_name<T: Noun>(rows: &Reader, text: &str) -> Result<String, Error> {
    let all = rows.scoped_settings::<T>()?;
    let bare = match text.split_once(':') {
        Some((prefix, name)) if prefix.eq_ignore_ascii_case("tag") => name,
        _ => text,
    };
    let scope = format!("Tag:{}", bare.trim());
    let names = || all.iter().filter_map(|own| own.scope.strip_prefix("Tag:"));
    match all.iter().find(|own| own.scope.eq_ignore_ascii_case(&scope)) {
        Some(own) => Ok(own.scope.get("Tag:".len()..).unwrap_or_default().to_owned()),
        None => {
            let names: Vec<&str> = names().collect();
            let message = format!("Policy \"{text}\" is not a user policy.");
            let advice = match names.is_empty() {
                true => format!("New-{} <name> makes one that can be granted.", T::NOUN),
                false => format!("The policies that can be granted are: {}.", names.join(", ")),
            };
            Err(Error::new(Category::ObjectNotFound, "PolicyNotFound", message)
                .target(text)
                .exception("ManagementException")
                .advice(advice))
        }
    }
}

/// The setting that applies to somebody.
pub(super) fn applies_to<T: Noun>(
    rows: &(impl DirectoryRead + MessagingRead),
    account: &Account,
    user: &MessagingUser,
) -> Result<Scoped<T>, Error> {
    let grants = rows.policy_grants(T::KIND)?;
    let topology = rows.published_topology()?;
    let pool = topology.pools.iter().find(|pool| pool.fqdn == user.registrar_pool);
    let service = T::SERVICE.map(|role| format!("{role}:{}", user.registrar_pool));
    let place = Whereabouts {
        granted: grants.iter().find(|(id, _)| *id == account.id).map(|(_, name)| name.as_str()),
        service: service.as_deref(),
        site_id: pool.map(|pool| pool.site_id.as_str()),
    };
    let all = rows.scoped_settings::<T>()?;
    Ok(effective(&all, place)
        .cloned()
        .unwrap_or_else(|| Scoped { scope: GLOBAL.to_owned(), value: T::default() }))
}

/// A Boolean property of an object.
pub(super) fn truth(object: &Object, name: &str, slot: &mut bool) {
    if let Some(Value::Bool(value)) = object.get(name) {
        *slot = value;
    }
}
