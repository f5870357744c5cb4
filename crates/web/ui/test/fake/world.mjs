// Owns the people, mail and contacts the fake server starts with.
import { Feed } from "./feed.mjs";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const PEOPLE = [
  ["ken", "Ken Myer", "available", null],
  ["denise", "Denise Smith", "available", null],
  ["toni", "Toni Poe", "busy", "in-a-meeting"],
  ["pilar", "Pilar Ackerman", "away", null],
  ["jamie", "Jamie Reding", "doNotDisturb", null],
  ["aaron", "Aaron Painter", "offline", null],
  ["lena", "Léna Ørsted-Kowalczyk", "beRightBack", null],
  ["yuki", "山田 由紀", "availableIdle", null],
  ["omar", "Omar Haddad", "offWork", null],
  ["sam", "Sam Abolrous", "busyIdle", null],
];

/** What is known of people besides names. */
export const DETAILS = {
  denise: {
    title: "Network engineer",
    department: "Operations",
    office: "Redmond 2/118",
    phone: "+1 (425) 555-0101",
    manager: "Toni Poe",
  },
};

const MAIL = [
  [
    "denise",
    "Lunch on Thursday?",
    4 * MINUTE,
    false,
    "Hi Ken,\n\nthe new place on Pike Street takes tables for six now. Shall I book for 12:30?\nMenu: https://pike.example.com/menu (see the daily plates).\n\nDenise",
  ],
  [
    "toni",
    "Rack move: window confirmed for Saturday",
    42 * MINUTE,
    false,
    "All,\n\nfacilities confirmed 06:00–10:00 on Saturday. ATL-CS-001 goes first, then the mailbox server.\n\nPlease have your rollback notes in by Friday noon. Questions to toni@litwareinc.com.\n\nToni",
  ],
  ["pilar", "Q3 figures, corrected", 3 * HOUR, true, "<html>"],
  [
    "lena",
    "Notes from the trust-link review",
    5 * HOUR,
    true,
    "Ken,\n\n> does the pool need its own certificate?\n\nYes, with the pool's name in the subject and in the alternative names.\n\n>> and the front end?\n> Not for this.\n\nLéna",
  ],
  ["jamie", "Re: Access to the lab", 1 * DAY, true, "Badges are ready at the front desk."],
  ["yuki", "来週の予定", 1 * DAY + 2 * HOUR, false, "山田です。来週の火曜日はいかがでしょうか。"],
  [
    "omar",
    "Out of office until the 14th",
    2 * DAY,
    true,
    "I am travelling and read mail once a day.",
  ],
  ["aaron", "Invoice 2024-113", 3 * DAY, true, "Attached is the invoice for May."],
  [
    "sam",
    "Certificate expires in 20 days",
    4 * DAY,
    true,
    "The certificate 8A1F… on ATL-OWA-001 expires soon. Renew it, then set the new thumbprint.",
  ],
  [
    "denise",
    "Draft of the announcement, second version with all comments from the legal department and the works council",
    6 * DAY,
    true,
    "Please read once more before it goes out.",
  ],
  ["toni", "Minutes", 9 * DAY, true, "Minutes of Monday's meeting."],
  ["newsletter@contoso.example", "What is new this month", 12 * DAY, true, "<html>"],
];

const CHAT = [
  ["denise", "Morning! Did the link come up after the recycle?", 64 * MINUTE],
  ["ken", "Yes. Event 112 at the first sign-in, log folder is there.", 62 * MINUTE],
  ["denise", "Great. I see your icon now 🎉", 61 * MINUTE],
  ["ken", "Same here. Lunch on Thursday still on?", 5 * MINUTE],
];

export function sip(login) {
  return `sip:${login}@litwareinc.com`;
}

export function email(login) {
  return login.includes("@") ? login : `${login}@litwareinc.com`;
}

export function nameOf(login) {
  return PEOPLE.find(([one]) => one === login)?.[1] ?? login;
}

const TYPES = ["Mailbox", "Email", "Conversation", "ConversationMessage", "ImGroup"];
const FOLDERS = [
  ["inbox", "Inbox"],
  ["drafts", "Drafts"],
  ["sent", "Sent Items"],
  ["archive", "Archive"],
  ["junk", "Junk Email"],
  ["trash", "Deleted Items"],
  [null, "Projects"],
];

export function account(login, told) {
  const feeds = Object.fromEntries(TYPES.map((type) => [type, new Feed(type, told)]));
  FOLDERS.forEach(([role, name], index) => {
    const id = role ?? `f${index}`;
    feeds.Mailbox.put({ id, name, role, parentId: null, totalEmails: 0, unreadEmails: 0 });
  });
  return { login, id: `a-${login}`, feeds, bodies: new Map(), im: { state: "working" }, next: 1 };
}

export function recount(one) {
  for (const mailbox of one.feeds.Mailbox.list()) {
    const inside = one.feeds.Email.list().filter((mail) => mail.mailboxIds[mailbox.id]);
    const unread = inside.filter((mail) => !mail.keywords.$seen).length;
    if (mailbox.totalEmails === inside.length && mailbox.unreadEmails === unread) continue;
    one.feeds.Mailbox.patch(mailbox.id, { totalEmails: inside.length, unreadEmails: unread });
  }
}

export function addEmail(one, fields) {
  const id = `m${one.next++}`;
  const { text, html, attachments, ...head } = fields;
  one.bodies.set(id, { text: text ?? "", html: html ?? null, attachments: attachments ?? [] });
  one.feeds.Email.put({
    id,
    threadId: id,
    keywords: {},
    cc: [],
    receivedAt: new Date().toISOString(),
    hasAttachment: (attachments ?? []).length > 0,
    preview: (text ?? "").replace(/\s+/g, " ").slice(0, 160),
    ...head,
  });
  if (!one.isFurnishing) recount(one);
  return id;
}

const HTML = `<h2>Q3 figures</h2><p>Dear colleagues, here are the <b>corrected</b> figures.</p>
<table border="1" cellpadding="6"><tr><th>Region</th><th>Q2</th><th>Q3</th></tr>
<tr><td>North</td><td>120</td><td>131</td></tr><tr><td>South</td><td>98</td><td>104</td></tr></table>
<p>See <a href="https://example.com/figures">the sheet</a>.</p>`;

export function furnish(one, extra = 0) {
  one.isFurnishing = true;
  const me = { name: nameOf(one.login), email: email(one.login) };
  for (const [from, subject, age, seen, text] of MAIL) {
    if (from === one.login) continue;
    const isHtml = text === "<html>";
    addEmail(one, {
      mailboxIds: { inbox: true },
      keywords: seen ? { $seen: true, ...(subject === "Minutes" ? { $flagged: true } : {}) } : {},
      from: [{ name: nameOf(from), email: email(from) }],
      to:
        from === "toni"
          ? [
              me,
              ...["denise", "lena", "sam"]
                .filter((x) => x !== one.login)
                .map((x) => ({ name: nameOf(x), email: email(x) })),
            ]
          : [me],
      subject,
      receivedAt: new Date(Date.now() - age).toISOString(),
      text: isHtml ? "Dear colleagues, here are the corrected figures." : text,
      html: isHtml ? HTML : null,
      attachments:
        from === "aaron" || isHtml
          ? [
              {
                blobId: "b1",
                name: "Figures Q3.xlsx",
                type: "application/octet-stream",
                size: 48_211,
                partId: "2",
              },
            ]
          : [],
    });
  }
  for (let n = 0; n < extra; n += 1) {
    addEmail(one, {
      mailboxIds: { archive: true },
      keywords: { $seen: true },
      from: [{ name: nameOf(PEOPLE[n % 10][0]), email: email(PEOPLE[n % 10][0]) }],
      to: [me],
      subject: `Archived message ${n + 1}`,
      receivedAt: new Date(Date.now() - 20 * DAY - n * HOUR).toISOString(),
      text: `Number ${n + 1} of many.`,
    });
  }
  one.isFurnishing = false;
  recount(one);
  contacts(one);
}

function contacts(one) {
  const entry = (login) => ({ address: sip(login), name: nameOf(login) });
  const others = PEOPLE.map(([login]) => login).filter((login) => login !== one.login);
  const put = (id, name, kind, list) =>
    one.feeds.ImGroup.put({
      id,
      name,
      kind,
      contacts: list.filter((x) => others.includes(x)).map(entry),
    });
  put("g1", "Favorites", "favorites", ["denise", "toni", "ken"]);
  put("g2", "Other Contacts", "other", ["aaron", "omar", "sam"]);
  put("g3", "Tagged", "tagged", []);
  put("g4", "Data centre move", "own", ["pilar", "jamie", "lena", "yuki"]);
}

/** A chat that both already had. */
export function furnishChat(world) {
  for (const [from, text, age] of CHAT) {
    world.say(
      from,
      from === "ken" ? "denise" : "ken",
      text,
      new Date(Date.now() - age).toISOString(),
    );
  }
  for (const login of ["ken", "denise"]) {
    for (const one of world.accounts.get(login).feeds.Conversation.list()) {
      world.accounts.get(login).feeds.Conversation.patch(one.id, { unread: 0 });
    }
  }
}
