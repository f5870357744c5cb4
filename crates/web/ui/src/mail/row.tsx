// Owns one row of the message list: who, when, what, with the sender's live mark.
import { Avatar } from "../people/avatar";
import { imAddressOf } from "../people/directory";
import { presenceWords } from "../presence/mark";
import { Icon } from "../frame/icons";
import { listTime } from "../text/format";
import { t } from "../text";
import type { Email, Id, MailAddress } from "../jmap/types";
import { emailOf } from "./emails";
import { currentMailbox, showsRecipients } from "./mailboxes";
import { open, openId } from "./store";

export function addressName(address: MailAddress): string {
  return address.name?.trim() || address.email;
}

export function names(list: MailAddress[] | null): string {
  return (list ?? []).map(addressName).join(", ");
}

interface RowProps {
  id: Id | undefined;
  at: number;
  of: number;
  isActive: boolean;
}

export function Row({ id, at, of, isActive }: RowProps) {
  const email = id ? emailOf(id).value : undefined;
  if (!id || !email) {
    return <div class="row waiting" role="option" aria-selected={false} aria-label={t.general.loading} />;
  }
  return <Filled id={id} email={email} at={at} of={of} isActive={isActive} />;
}

interface Facts {
  who: string;
  subject: string;
  time: string;
  address: MailAddress | undefined;
  isUnread: boolean;
  isFlagged: boolean;
}

function factsOf(email: Email): Facts {
  const outward = showsRecipients(currentMailbox.value);
  const list = outward ? email.to : email.from;
  const who = names(list);
  return {
    who: outward ? t.mail.toPerson(who || t.mail.noRecipients) : who || t.mail.nobody,
    subject: email.subject?.trim() || t.mail.noSubject,
    time: listTime(email.receivedAt),
    address: list?.[0],
    isUnread: !email.keywords["$seen"],
    isFlagged: Boolean(email.keywords["$flagged"]),
  };
}

/** Order of webmail M3: unread, sender, presence, subject, snippet, time, flags, attachments. */
function rowName(email: Email, facts: Facts, presence: string): string {
  const parts = [
    facts.isUnread ? t.mail.rowUnread : "",
    facts.who,
    presence,
    facts.subject,
    email.preview.trim(),
    facts.time,
    facts.isFlagged ? t.mail.rowFlagged : "",
    email.keywords["$answered"] ? t.mail.rowAnswered : "",
    email.hasAttachment ? t.mail.rowAttachment : "",
  ];
  return parts.filter(Boolean).join(", ");
}

function Filled({ id, email, at, of, isActive }: RowProps & { id: Id; email: Email }) {
  const facts = factsOf(email);
  const im = imAddressOf(facts.address?.email);
  const isOpen = openId.value === id;
  return (
    <div
      class={facts.isUnread ? "row unread" : "row"}
      role="option"
      data-id={id}
      tabIndex={isActive ? 0 : -1}
      aria-selected={isOpen}
      aria-posinset={at + 1}
      aria-setsize={of}
      aria-label={rowName(email, facts, presenceWords(im))}
      onClick={() => open(id)}
    >
      <Avatar name={facts.address ? addressName(facts.address) : "?"} address={im} />
      <div class="row-words">
        <div class="row-top">
          <span class="row-who" dir="auto">
            {facts.who}
          </span>
          {email.keywords["$answered"] && <Icon name="reply" />}
          {email.hasAttachment && <Icon name="clip" />}
          {facts.isFlagged && (
            <span class="flagged">
              <Icon name="flag" />
            </span>
          )}
          <time class="row-time" dateTime={email.receivedAt}>
            {facts.time}
          </time>
        </div>
        <div class="row-subject" dir="auto">
          {facts.subject}
        </div>
        <div class="row-preview" dir="auto">
          {email.preview}
        </div>
      </div>
    </div>
  );
}
