//! Queries for certificates, assignments and signing requests.
//!
//! The type and what its DER says are in `certificate`; only the DER is stored, and parsed again
//! when a row is read.

use rusqlite::Row;

use super::certificate::{Certificate, CertificateRequest, CertificateService, CertificateStore};
use crate::identity::{fold_name, fold_thumbprint};
use crate::sql::{Sql, found, json};
use crate::{Change, Error, Result, Secret, Writer};

/// What a row holds besides its parsed certificate.
struct Stored {
    computer: String,
    store: i64,
    thumbprint: String,
    der: Vec<u8>,
    sealed: Option<Vec<u8>>,
    is_exportable: bool,
    friendly_name: String,
    services: Vec<CertificateService>,
}

const SELECT: &str = "SELECT computer, store, thumbprint, der, sealed, friendly_name, services, \
                      exportable FROM certificate";

fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        computer: row.get(0)?,
        store: row.get(1)?,
        thumbprint: row.get(2)?,
        der: row.get(3)?,
        sealed: row.get(4)?,
        friendly_name: row.get(5)?,
        services: json(row, 6)?,
        is_exportable: row.get(7)?,
    })
}

fn open(sql: &Sql, row: Stored) -> Result<Certificate> {
    let store = match row.store {
        1 => CertificateStore::My,
        2 => CertificateStore::Root,
        3 => CertificateStore::Ca,
        4 => CertificateStore::Trust,
        other => return Err(Error::Damaged(format!("certificate store {other}"))),
    };
    let place = place(&row.computer, store, &row.thumbprint);
    let key = row.sealed.map(|sealed| sql.open(&place, &sealed).map(Secret::new)).transpose()?;
    let mut certificate = Certificate::from_der(&row.computer, store, &row.der, key)
        .map_err(|error| Error::Damaged(format!("{place}: {error}")))?;
    if certificate.thumbprint != row.thumbprint {
        return Err(Error::Damaged(format!("{place} has the thumbprint of other bytes")));
    }
    certificate.is_exportable = row.is_exportable;
    certificate.friendly_name = row.friendly_name;
    certificate.services = row.services;
    Ok(certificate)
}

fn place(computer: &str, store: CertificateStore, thumbprint: &str) -> String {
    format!("certificate/{computer}/{}/{thumbprint}", store as i64)
}

fn open_all(sql: &Sql, rows: Vec<Stored>) -> Result<Vec<Certificate>> {
    let opened: Result<Vec<Certificate>> = rows.into_iter().map(|row| open(sql, row)).collect();
    let mut certificates = opened?;
    certificates.sort_by_key(|certificate| std::cmp::Reverse(certificate.not_after_ms));
    Ok(certificates)
}

pub(crate) fn list(sql: &Sql, computer: &str, store: CertificateStore) -> Result<Vec<Certificate>> {
    let rows = sql.many(
        &format!("{SELECT} WHERE computer = ?1 AND store = ?2 ORDER BY thumbprint"),
        (fold_name(computer), store as i64),
        read,
    )?;
    open_all(sql, rows)
}

pub(crate) fn all(sql: &Sql) -> Result<Vec<Certificate>> {
    let rows = sql.many(&format!("{SELECT} ORDER BY computer, store, thumbprint"), [], read)?;
    open_all(sql, rows)
}

pub(crate) fn get(
    sql: &Sql,
    computer: &str,
    store: CertificateStore,
    thumbprint: &str,
) -> Result<Option<Certificate>> {
    let row = sql.one(
        &format!("{SELECT} WHERE computer = ?1 AND store = ?2 AND thumbprint = ?3"),
        (fold_name(computer), store as i64, fold_thumbprint(thumbprint)),
        read,
    )?;
    row.map(|row| open(sql, row)).transpose()
}

pub(crate) fn assigned(sql: &Sql, computer: &str, usage: &str) -> Result<Option<Certificate>> {
    let thumbprint: Option<String> = sql.one(
        "SELECT thumbprint FROM certificate_assignment WHERE computer = ?1 AND usage = ?2",
        (fold_name(computer), fold_name(usage)),
        |row| row.get(0),
    )?;
    match thumbprint {
        Some(thumbprint) => get(sql, computer, CertificateStore::My, &thumbprint),
        None => Ok(None),
    }
}

pub(crate) fn put(tx: &mut Writer, certificate: &Certificate) -> Result<()> {
    let computer = fold_name(&certificate.computer);
    let place = place(&computer, certificate.store, &certificate.thumbprint);
    let sealed = match &certificate.key {
        Some(key) => Some(tx.sql.seal(&place, key.expose())?),
        None => None,
    };
    tx.sql.run(
        "INSERT INTO certificate (computer, store, thumbprint, der, sealed, friendly_name,
           services, exportable) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (computer, store, thumbprint) DO UPDATE SET
           sealed = ifnull(excluded.sealed, sealed), friendly_name = excluded.friendly_name,
           services = excluded.services, exportable = excluded.exportable",
        (
            computer,
            certificate.store as i64,
            &certificate.thumbprint,
            &certificate.der,
            sealed,
            &certificate.friendly_name,
            serde_json::to_string(&certificate.services)?,
            certificate.is_exportable,
        ),
    )?;
    tx.changed(Change::Certificate);
    Ok(())
}

pub(crate) fn delete(
    tx: &mut Writer,
    computer: &str,
    store: CertificateStore,
    thumbprint: &str,
) -> Result<()> {
    let (computer, thumbprint) = (fold_name(computer), fold_thumbprint(thumbprint));
    let touched = tx.sql.run(
        "DELETE FROM certificate WHERE computer = ?1 AND store = ?2 AND thumbprint = ?3",
        (&computer, store as i64, &thumbprint),
    )?;
    if touched == 0 {
        return Err(Error::not_found(format!("certificate {thumbprint} on {computer}")));
    }
    if store == CertificateStore::My {
        tx.sql.run(
            "DELETE FROM certificate_assignment WHERE computer = ?1 AND thumbprint = ?2",
            (&computer, &thumbprint),
        )?;
    }
    tx.changed(Change::Certificate);
    Ok(())
}

pub(crate) fn assign(tx: &mut Writer, computer: &str, usage: &str, thumbprint: &str) -> Result<()> {
    let certificate = found(get(&tx.sql, computer, CertificateStore::My, thumbprint)?, || {
        format!("certificate {thumbprint} on {computer}")
    })?;
    if certificate.key.is_none() {
        return Err(Error::Invalid(format!("certificate {thumbprint} has no private key")));
    }
    tx.sql.run(
        "INSERT OR REPLACE INTO certificate_assignment VALUES (?1, ?2, ?3)",
        (certificate.computer, fold_name(usage), certificate.thumbprint),
    )?;
    tx.changed(Change::Certificate);
    Ok(())
}

pub(crate) fn unassign(tx: &mut Writer, computer: &str, usage: &str) -> Result<()> {
    let touched = tx.sql.run(
        "DELETE FROM certificate_assignment WHERE computer = ?1 AND usage = ?2",
        (fold_name(computer), fold_name(usage)),
    )?;
    if touched == 0 {
        return Err(Error::not_found(format!("certificate assigned for {usage} on {computer}")));
    }
    tx.changed(Change::Certificate);
    Ok(())
}

/// Every assignment of a computer: the usage, folded, and the thumbprint.
pub(crate) fn assignments(sql: &Sql, computer: &str) -> Result<Vec<(String, String)>> {
    sql.many(
        "SELECT usage, thumbprint FROM certificate_assignment WHERE computer = ?1 ORDER BY usage",
        [fold_name(computer)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

pub(crate) fn requests(sql: &Sql, computer: &str) -> Result<Vec<CertificateRequest>> {
    let mut rows: Vec<(CertificateRequest, Vec<u8>)> = sql.many(
        "SELECT computer, thumbprint, der, public_key, friendly_name, subject, dns_names,
           created_ms, exportable, sealed FROM certificate_request
         WHERE computer = ?1 ORDER BY created_ms, thumbprint",
        [fold_name(computer)],
        |row| {
            let request = CertificateRequest {
                computer: row.get(0)?,
                thumbprint: row.get(1)?,
                der: row.get(2)?,
                public_key: row.get(3)?,
                key: Secret::new([]),
                friendly_name: row.get(4)?,
                subject: row.get(5)?,
                dns_names: json(row, 6)?,
                created_ms: row.get(7)?,
                is_exportable: row.get(8)?,
            };
            Ok((request, row.get(9)?))
        },
    )?;
    for (request, sealed) in &mut rows {
        let place = request_place(&request.computer, &request.thumbprint);
        request.key = Secret::new(sql.open(&place, sealed)?);
    }
    Ok(rows.into_iter().map(|(request, _)| request).collect())
}

fn request_place(computer: &str, thumbprint: &str) -> String {
    format!("certificate_request/{computer}/{thumbprint}")
}

pub(crate) fn put_request(tx: &mut Writer, request: &CertificateRequest) -> Result<()> {
    let computer = fold_name(&request.computer);
    let sealed =
        tx.sql.seal(&request_place(&computer, &request.thumbprint), request.key.expose())?;
    tx.sql.run(
        "INSERT OR REPLACE INTO certificate_request (computer, thumbprint, der, public_key, sealed,
           friendly_name, subject, dns_names, created_ms, exportable)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        (
            computer,
            &request.thumbprint,
            &request.der,
            &request.public_key,
            sealed,
            &request.friendly_name,
            &request.subject,
            serde_json::to_string(&request.dns_names)?,
            request.created_ms,
            request.is_exportable,
        ),
    )?;
    tx.changed(Change::Certificate);
    Ok(())
}

pub(crate) fn delete_request(tx: &mut Writer, computer: &str, thumbprint: &str) -> Result<()> {
    let touched = tx.sql.run(
        "DELETE FROM certificate_request WHERE computer = ?1 AND thumbprint = ?2",
        (fold_name(computer), fold_thumbprint(thumbprint)),
    )?;
    if touched == 0 {
        return Err(Error::not_found(format!("certificate request {thumbprint}")));
    }
    tx.changed(Change::Certificate);
    Ok(())
}
