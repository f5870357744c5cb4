// Owns a person's name in a message: with the mark in its name, and a card of what one can do.
import { chats } from "../chat/store";
import { compose } from "../compose/store";
import { Menu, MenuItem, MenuNote, MenuSeparator } from "../frame/menu";
import { PersonMark, look, presenceWords } from "../presence/mark";
import { people } from "../presence/people";
import { imPresent, imWorks } from "../presence/status";
import { sinceWords } from "../text/format";
import { t } from "../text";
import type { MailAddress } from "../jmap/types";
import { addressName, imAddressOf, principalOf } from "./directory";
import { Avatar } from "./avatar";
import { openAddContact } from "./add-contact";
import { isContact } from "./store";

export function Person({ address }: { address: MailAddress }) {
  const im = imAddressOf(address.email);
  const name = addressName(address);
  return (
    <Menu
      class="person"
      label={t.people.card(name, presenceWords(im))}
      hint={address.email}
      button={
        <>
          <PersonMark address={im} hidden />
          <span dir="auto">{name}</span>
        </>
      }
    >
      <PersonCard address={address} im={im} />
    </Menu>
  );
}

function PersonCard({ address, im }: { address: MailAddress; im: string | null }) {
  return (
    <>
      <MenuNote>
        <span class="person-card">
          <Avatar name={addressName(address)} email={address.email} plain large />
          <span class="person-card-words">
            <strong dir="auto">{addressName(address)}</strong>
            <Work email={address.email} />
            <span class="quiet">{address.email}</span>
            {imPresent.value && <PresenceLine im={im} />}
          </span>
        </span>
        <Reach email={address.email} />
      </MenuNote>
      <MenuSeparator />
      {im && imWorks.value && (
        <MenuItem icon="chat" run={() => void chats.start(im)}>
          {t.people.chat}
        </MenuItem>
      )}
      <MenuItem icon="mail" run={() => compose.start([address])}>
        {t.people.mail}
      </MenuItem>
      {im && imWorks.value && !isContact(im) && (
        <MenuItem
          icon="personAdd"
          run={() => openAddContact({ address: im, name: addressName(address) })}
        >
          {t.people.addTo}
        </MenuItem>
      )}
    </>
  );
}

/** What they do, in one line. */
function Work({ email }: { email: string }) {
  const one = principalOf(email).value;
  const line = [one?.title, one?.department].filter(Boolean).join(", ");
  return line ? <span dir="auto">{line}</span> : null;
}

/** Where they are found, and whom they work for. */
function Reach({ email }: { email: string }) {
  const one = principalOf(email).value;
  const facts = [
    [t.people.office, one?.office],
    [t.people.phone, one?.phone],
    [t.people.mobilePhone, one?.mobilePhone],
    [t.people.manager, one?.manager],
  ].filter(([, value]) => value);
  if (facts.length === 0) return null;
  return (
    <span class="person-facts">
      {facts.map(([label, value]) => (
        <span key={label} class="person-fact">
          <span class="quiet">{label}</span> <span dir="auto">{value}</span>
        </span>
      ))}
    </span>
  );
}

/** State, since when, and the person's own note. */
export function PresenceLine({ im }: { im: string | null }) {
  if (!im) return <span class="quiet">{t.people.notReachable}</span>;
  const what = look(im);
  if (!what) return null;
  const presence = people.of(im).value;
  const since = presence?.since && imWorks.value ? `, ${sinceWords(presence.since)}` : "";
  return (
    <span class="presence-line">
      <PersonMark address={im} hidden />
      <span>
        {what.text}
        {presence?.state !== "unknown" && presence?.state !== "offline" && since}
      </span>
      {presence?.note && <q dir="auto">{presence.note}</q>}
    </span>
  );
}
