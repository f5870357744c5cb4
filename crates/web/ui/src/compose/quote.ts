// Owns what a reply or a forwarded message starts with: subject, recipients, quotation. Pure.
import { t } from "../text";
import { fullTime } from "../text/format";
import type { Email, MailAddress } from "../jmap/types";

export function replySubject(subject: string | null): string {
  const bare = subject?.trim() ?? "";
  return /^re:/i.test(bare) ? bare : `Re: ${bare}`.trim();
}

export function forwardSubject(subject: string | null): string {
  const bare = subject?.trim() ?? "";
  return /^fwd?:/i.test(bare) ? bare : `Fwd: ${bare}`.trim();
}

function nameOf(address: MailAddress | undefined): string {
  return address?.name?.trim() || address?.email || t.mail.nobody;
}

function listOf(list: MailAddress[] | null): string {
  return (list ?? []).map((one) => nameOf(one)).join(", ");
}

/** Each line one quotation deeper; the signature and empty lines at the end are left out. */
export function quote(email: Email, text: string): string {
  const body = text.replace(/\r\n?/g, "\n").split(/^-- $/m)[0] ?? "";
  const lines = body.trimEnd().split("\n");
  const quoted = lines.map((line) => (line.startsWith(">") ? `>${line}` : `> ${line}`));
  const head = t.mail.quotedHead(fullTime(email.receivedAt), nameOf(email.from?.[0]));
  return `\n\n${head}\n${quoted.join("\n")}\n`;
}

export function forwarded(email: Email, text: string): string {
  const lines = t.mail.forwardedLines(
    listOf(email.from),
    fullTime(email.receivedAt),
    email.subject ?? t.mail.noSubject,
    listOf(email.to),
  );
  return `\n\n${t.mail.forwardedHead}\n${lines}\n\n${text.replace(/\r\n?/g, "\n").trimEnd()}\n`;
}

function unique(list: MailAddress[], seen: Set<string>): MailAddress[] {
  return list.filter((one) => {
    const key = one.email.toLowerCase();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Who a reply goes to. Somebody who replies to their own message writes to the same people again. */
export function replyRecipients(
  email: Email,
  replyTo: MailAddress[] | null | undefined,
  all: boolean,
  isOwn: (email: string) => boolean,
): { to: MailAddress[]; cc: MailAddress[] } {
  const from = replyTo?.length ? replyTo : (email.from ?? []);
  const wasOwn = from.length > 0 && from.every((one) => isOwn(one.email));
  const seen = new Set<string>();
  const to = unique(wasOwn ? (email.to ?? []) : from, seen);
  if (!all) return { to, cc: [] };
  const others = (list: MailAddress[] | null) =>
    unique(
      (list ?? []).filter((one) => !isOwn(one.email)),
      seen,
    );
  return { to: [...to, ...(wasOwn ? [] : others(email.to))], cc: others(email.cc) };
}

interface HtmlPolicy {
  createHTML(html: string): string;
}
interface TrustedTypes {
  createPolicy(name: string, rules: HtmlPolicy): HtmlPolicy;
}

// The page's policy demands Trusted Types; this is the one place that reads HTML, and the document
// it makes is inert. The name is in the server's Content-Security-Policy (headers.rs).
const inert: HtmlPolicy | undefined = (
  globalThis as { trustedTypes?: TrustedTypes }
).trustedTypes?.createPolicy("inert-document", { createHTML: (html) => html });

/** Text of a message that has only HTML: an inert document is read, nothing is run or fetched. */
export function textOfHtml(html: string): string {
  const page = new DOMParser().parseFromString(inert?.createHTML(html) ?? html, "text/html");
  for (const element of page.querySelectorAll("style, script, title")) element.remove();
  for (const element of page.querySelectorAll("br, p, div, li, tr, h1, h2, h3")) {
    element.append("\n");
  }
  return (page.body.textContent ?? "")
    .replace(/[ \t]+\n/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
