//! How cmdlets in the node reach the store: closures that end in a shell error.
//!
//! Owns the one translation from a store or drive error to a shell error. Read next: `identity`.

use store::{Reader, Writer};

use crate::cmdlet::Ctx;
use crate::drives::{DriveError, FilePath};
use crate::lang::{Category, Error};

impl Ctx {
    /// Reads one consistent snapshot.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let done = self.store.read(move |rows| read(rows).map_err(store::Error::caller)).await;
        done.map_err(back)
    }

    /// To be called before a file is changed: the call's audit row cannot be part of that.
    pub(crate) async fn note_first(&self) {
        if let Some(call) = self.asker.as_ref().and_then(|asker| asker.call.clone()) {
            call.begin(self).await;
        }
    }

    /// Replaces a file that the caller need not have read.
    pub(crate) fn write_file(&self, file: &FilePath, bytes: &[u8]) -> Result<(), Error> {
        self.drives.write(file, bytes)?;
        self.seen().forget(file);
        Ok(())
    }

    /// Writes in one transaction; nothing remains of it if the closure fails. The audit row of the
    /// call is part of it.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Writer) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let call = self.asker.as_ref().and_then(|asker| asker.call.clone());
        let noted = call.clone();
        let write = move |rows: &mut Writer| {
            let value = write(rows).map_err(store::Error::caller)?;
            if let Some(call) = noted {
                call.note(rows)?;
            }
            Ok(value)
        };
        let value = self.store.write(self.now_ms(), write).await.map_err(back)?;
        if let Some(call) = call {
            call.keep();
        }
        Ok(value)
    }
}

/// The closure's own error, or what the store says.
fn back(error: store::Error) -> Error {
    error.into_caller::<Error>().unwrap_or_else(Error::from)
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        let message = error.to_string();
        let (category, id, exception) = match &error {
            store::Error::Invalid(_) => {
                (Category::InvalidArgument, "InvalidValue", "ArgumentException")
            }
            store::Error::NotFound(_) => {
                (Category::ObjectNotFound, "ObjectNotFound", "ManagementObjectNotFoundException")
            }
            store::Error::Conflict(_) => {
                (Category::ResourceExists, "ObjectAlreadyExists", "ManagementException")
            }
            store::Error::Limit(_) => {
                (Category::LimitsExceeded, "LimitReached", "InvalidOperationException")
            }
            store::Error::Caller(_) => {
                (Category::NotSpecified, "OperationFailed", "InvalidOperationException")
            }
            _ => (Category::ResourceUnavailable, "StoreUnavailable", "IOException"),
        };
        Error::new(category, id, message).exception(exception)
    }
}

impl From<DriveError> for Error {
    fn from(error: DriveError) -> Error {
        let message = error.to_string();
        let (category, id, exception) = match &error {
            DriveError::NotFound(_) => {
                (Category::ObjectNotFound, "PathNotFound", "ItemNotFoundException")
            }
            DriveError::NoFolder(_) => {
                (Category::ObjectNotFound, "PathNotFound", "DirectoryNotFoundException")
            }
            DriveError::Denied { .. } => {
                (Category::PermissionDenied, "AccessDenied", "UnauthorizedAccessException")
            }
            DriveError::Illegal(_) => {
                (Category::InvalidArgument, "PathNotSupported", "NotSupportedException")
            }
            DriveError::TooLarge { .. } => {
                (Category::LimitsExceeded, "FileTooLarge", "IOException")
            }
            DriveError::Io { .. } => (Category::ReadError, "FileAccess", "IOException"),
        };
        let path = error.path();
        let mut told = Error::new(category, id, message).exception(exception).target(path);
        told.advice = match error {
            DriveError::NotFound(_) | DriveError::NoFolder(_) => {
                crate::not_applicable::instead_of_path(path).map(str::to_owned)
            }
            _ => None,
        };
        told
    }
}
