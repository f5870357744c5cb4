// Owns one message in the reading pane: heading, people with their marks, the body.
// Does not own the body (body.tsx) nor what can be done to the message (tools.tsx).
import { useEffect, useRef } from "preact/hooks";
import { Avatar } from "../people/avatar";
import { addressName, imAddressOf } from "../people/directory";
import { Person } from "../people/person";
import { t } from "../text";
import { fullTime } from "../text/format";
import type { Email, MailAddress } from "../jmap/types";
import { setRead } from "./actions";
import { MessageBody } from "./body";
import { Words } from "./plain-text";
import { Tools } from "./tools";
import { focusReading, openId } from "./store";

/** Passing over a message with the arrows is not reading it. */
const READ_AFTER_MS = 400;

export function Message({ email }: { email: Email }) {
  const subject = email.subject?.trim() || t.mail.noSubject;
  useEffect(() => {
    if (email.keywords["$seen"]) return undefined;
    const timer = setTimeout(() => {
      if (openId.peek() === email.id) setRead(email.id, true);
    }, READ_AFTER_MS);
    return () => clearTimeout(timer);
  }, [email.id]);
  return (
    <section class="message" aria-labelledby="subject">
      <Tools email={email} />
      <Heading text={subject} />
      <article aria-labelledby="subject">
        <Head email={email} />
        <MessageBody id={email.id} subject={subject} />
      </article>
    </section>
  );
}

function Heading({ text }: { text: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const asked = focusReading.value;
  const handled = useRef(asked);
  useEffect(() => {
    if (handled.current === asked) return;
    handled.current = asked;
    heading.current?.focus();
  }, [asked]);
  return (
    <h2 id="subject" class="subject" dir="auto" tabIndex={-1} ref={heading}>
      <Words text={text} />
    </h2>
  );
}

function Head({ email }: { email: Email }) {
  const from = email.from?.[0];
  return (
    <header class="message-head">
      <Avatar
        name={from ? addressName(from) : "?"}
        address={imAddressOf(from?.email)}
        email={from?.email}
      />
      <div class="message-people">
        <div class="message-from">{from ? <Person address={from} /> : t.mail.nobody}</div>
        <People label={t.mail.to} list={email.to} />
        <People label={t.mail.cc} list={email.cc} />
      </div>
      <time class="quiet" dateTime={email.receivedAt}>
        {fullTime(email.receivedAt)}
      </time>
    </header>
  );
}

function People({ label, list }: { label: string; list: MailAddress[] | null }) {
  if (!list || list.length === 0) return null;
  return (
    <div class="message-recipients">
      <span class="quiet">{label}</span>
      {list.map((address) => (
        <Person key={address.email} address={address} />
      ))}
    </div>
  );
}
