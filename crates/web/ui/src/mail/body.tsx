// Owns how a body is shown: plain text as text; HTML in a frame without scripts and without an
// origin, filled by the server's cleaned copy, pictures from elsewhere only when asked for.
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../frame/icons";
import { Failed, Loading } from "../frame/states";
import { jmap } from "../jmap/client";
import type { BodyPart, EmailBody, Id } from "../jmap/types";
import { t } from "../text";
import { sizeWords } from "../text/format";
import { bodyOf, retryBody } from "./emails";
import { PlainText } from "./plain-text";

export function MessageBody({ id, subject }: { id: Id; subject: string }) {
  const body = bodyOf(id).value;
  if (body.error) {
    return <Failed title={t.mail.bodyFailed} why={body.error} retry={() => retryBody(id)} />;
  }
  if (!body.value) return <Loading rows={3} />;
  return (
    <>
      <Attachments list={body.value.attachments} />
      {isHtml(body.value) ? (
        <HtmlBody key={id} id={id} subject={subject} body={body.value} />
      ) : (
        <TextBody body={body.value} />
      )}
    </>
  );
}

function isHtml(body: EmailBody): boolean {
  return body.htmlBody.some((part) => part.type === "text/html");
}

/** The plain text of a body; empty if it has none. */
export function plainText(body: EmailBody): string {
  return body.textBody
    .filter((part) => part.type === "text/plain")
    .map((part) => body.bodyValues[part.partId ?? ""]?.value ?? "")
    .join("\n");
}

function TextBody({ body }: { body: EmailBody }) {
  const text = plainText(body);
  const cut = Object.values(body.bodyValues).some((value) => value.isTruncated);
  if (!text.trim()) return <p class="quiet body-note">{t.mail.emptyBody}</p>;
  return (
    <>
      <PlainText text={text} />
      {cut && <p class="quiet body-note">{t.mail.truncated}</p>}
    </>
  );
}

function htmlAddress(id: Id, remote: boolean): string {
  const path = [jmap.accountId, id].map(encodeURIComponent).join("/");
  return `/jmap/html/${path}?remote=${remote ? 1 : 0}`;
}

/** How many remote pictures the server leaves out; it says so in a header of the document. */
function useBlocked(id: Id): number {
  const [blocked, setBlocked] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    fetch(htmlAddress(id, false), { method: "HEAD" })
      .then((response) => {
        const n = Number(response.headers.get("Tandem-Blocked-Pictures") ?? 0);
        if (isCurrent && response.ok) setBlocked(n);
      })
      .catch(() => undefined);
    return () => {
      isCurrent = false;
    };
  }, [id]);
  return blocked;
}

function HtmlBody({ id, subject, body }: { id: Id; subject: string; body: EmailBody }) {
  const [remote, setRemote] = useState(false);
  const [asText, setAsText] = useState(false);
  const blocked = useBlocked(id);
  const hasText = plainText(body).trim() !== "";
  return (
    <>
      <div class="body-bar">
        {blocked > 0 && !remote && !asText && (
          <>
            <span class="quiet">{t.mail.remoteBlocked(blocked)}</span>
            <button class="plain" onClick={() => setRemote(true)}>
              {t.mail.showRemote}
            </button>
          </>
        )}
        {hasText && (
          <button class="plain" onClick={() => setAsText(!asText)}>
            {asText ? t.mail.asHtml : t.mail.asText}
          </button>
        )}
      </div>
      {asText ? (
        <TextBody body={body} />
      ) : (
        <iframe
          key={String(remote)}
          class="html-body"
          title={t.mail.body(subject)}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          referrerpolicy="no-referrer"
          src={htmlAddress(id, remote)}
        />
      )}
    </>
  );
}

function downloadAddress(part: BodyPart, name: string): string {
  const path = [jmap.accountId, part.blobId ?? "", name].map(encodeURIComponent).join("/");
  return `/jmap/download/${path}?accept=${encodeURIComponent(part.type)}`;
}

function Attachments({ list }: { list: BodyPart[] }) {
  if (list.length === 0) return null;
  return (
    <ul class="attachments" aria-label={t.mail.attachments}>
      {list.map((part, index) => {
        const name = part.name || t.mail.unnamed;
        const size = sizeWords(part.size ?? 0);
        return (
          <li key={part.blobId ?? index}>
            <a
              href={downloadAddress(part, name)}
              download={name}
              aria-label={t.mail.download(name, size)}
            >
              <Icon name="clip" />
              <span dir="auto">{name}</span> <span class="quiet">{size}</span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}
