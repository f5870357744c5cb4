// Owns one row of the message list: who, when, what, with the sender's live mark.
import { Avatar } from "../people/avatar";
import { addressName, imAddressOf } from "../people/directory";
import { presenceWords } from "../presence/mark";
import { Icon, type IconName } from "../frame/icons";
import { listTime } from "../text/format";
import { t } from "../text";
import type { Email, Id, MailAddress } from "../jmap/types";
import { emailOf } from "./emails";
import { currentMailbox, showsRecipients } from "./mailboxes";
import { open, openId } from "./store";

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
    return (
      <div class="row waiting" role="option" aria-selected={false} aria-label={t.general.loading} />
    );
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
      onClick={() => open(id)}
    >
      <Avatar
        name={facts.address ? addressName(facts.address) : "?"}
        address={im}
        email={facts.address?.email}
      />
      <Words email={email} facts={facts} presence={presenceWords(im)} />
    </div>
  );
}

/** Read out in the order of webmail M3: unread, sender, presence, subject, snippet, time, flags,
 * attachments; the style sheet puts them where the eye looks for them. */
function Words({ email, facts, presence }: { email: Email; facts: Facts; presence: string }) {
  return (
    <div class="row-words">
      {facts.isUnread && <span class="unseen">{t.mail.rowUnread}, </span>}
      <span class="row-who" dir="auto">
        {facts.who}
        <Comma />
      </span>
      {presence && <span class="unseen">{presence}, </span>}
      <span class="row-subject" dir="auto">
        {facts.subject}
        <Comma />
      </span>
      <span class="row-preview" dir="auto">
        {email.preview}
        <Comma />
      </span>
      <time class="row-time" dateTime={email.receivedAt}>
        {facts.time}
      </time>
      <span class="row-signs">
        {facts.isFlagged && <Sign icon="flag" words={t.mail.rowFlagged} />}
        {email.keywords["$answered"] && <Sign icon="reply" words={t.mail.rowAnswered} />}
        {email.hasAttachment && <Sign icon="clip" words={t.mail.rowAttachment} />}
      </span>
    </div>
  );
}

/** Heard, not seen; inside the words it follows, so that no blank comes before it. */
function Comma() {
  return <span class="comma">, </span>;
}

function Sign({ icon, words }: { icon: IconName; words: string }) {
  return (
    <span class={`row-sign ${icon}`} title={words}>
      <span class="unseen">, {words}</span>
      <Icon name={icon} />
    </span>
  );
}
