// Owns the JMAP methods of the fake server. Enough of each for the page; not a reference.
import { DETAILS, PEOPLE, addEmail, email, nameOf, recount, sip } from "./world.mjs";

const principal = (world) => ([login, name]) => ({
  id: `a-${login}`,
  type: "individual",
  name,
  email: email(login),
  imAddress: sip(login),
  photo: world.photos.tagOf(login),
  title: null,
  department: null,
  office: null,
  phone: null,
  mobilePhone: null,
  manager: null,
  ...DETAILS[login],
});

function emailQuery(one, args) {
  const { inMailbox, text } = args.filter ?? {};
  const all = one.feeds.Email.list()
    .filter((mail) => !inMailbox || mail.mailboxIds[inMailbox])
    .filter(
      (mail) =>
        !text ||
        JSON.stringify([mail, one.bodies.get(mail.id)])
          .toLowerCase()
          .includes(text.toLowerCase()),
    )
    .sort((a, b) => b.receivedAt.localeCompare(a.receivedAt));
  const from = args.position ?? 0;
  const ids = all.slice(from, from + (args.limit ?? 50)).map((mail) => mail.id);
  return { queryState: one.feeds.Email.state, ids, position: from, total: all.length };
}

function emailGet(one, args) {
  const answer = one.feeds.Email.get(args);
  answer.list = answer.list.map((mail) => {
    const body = one.bodies.get(mail.id);
    if (!args.properties?.includes("bodyValues")) return mail;
    const textPart = { partId: "1", type: "text/plain", blobId: null };
    return {
      ...mail,
      messageId: [`${mail.id}@fake`],
      references: null,
      replyTo: null,
      bodyValues: { 1: { value: body.text } },
      textBody: [textPart],
      htmlBody: body.html ? [{ partId: "3", type: "text/html", blobId: null }] : [textPart],
      attachments: body.attachments,
    };
  });
  return answer;
}

function applyPatch(mail, patch) {
  const next = structuredClone(mail);
  for (const [path, value] of Object.entries(patch)) {
    const [first, second] = path.split("/");
    if (second === undefined) next[first] = value;
    else if (value === null) delete next[first][second];
    else next[first][second] = value;
  }
  return next;
}

function emailSet(one, args) {
  const answer = { newState: "", created: {}, updated: {}, destroyed: [] };
  for (const [key, { textBody: _, bodyValues, ...fields }] of Object.entries(args.create ?? {})) {
    const id = addEmail(one, { ...fields, text: bodyValues?.["1"]?.value });
    answer.created[key] = { id };
  }
  for (const [id, patch] of Object.entries(args.update ?? {})) {
    if (!one.feeds.Email.objects.has(id)) continue;
    one.feeds.Email.put(applyPatch(one.feeds.Email.objects.get(id), patch));
    answer.updated[id] = null;
  }
  for (const id of args.destroy ?? []) {
    one.feeds.Email.drop(id);
    answer.destroyed.push(id);
  }
  recount(one);
  answer.newState = one.feeds.Email.state;
  return answer;
}

function submit(one, args, world, made) {
  const { emailId } = args.create.s;
  const id = emailId.startsWith("#") ? made[emailId.slice(1)] : emailId;
  const mail = one.feeds.Email.objects.get(id);
  const refused = [...mail.to, ...(mail.cc ?? [])].find((to) => to.email.startsWith("refused@"));
  if (refused) {
    return {
      notCreated: {
        s: { type: "invalidRecipients", description: `${refused.email} is not known here.` },
      },
    };
  }
  for (const to of [...mail.to, ...(mail.cc ?? [])]) {
    const other = world.accounts.get(to.email.split("@")[0]);
    if (!other) continue;
    const { text } = one.bodies.get(id);
    addEmail(other, {
      ...mail,
      mailboxIds: { inbox: true },
      keywords: {},
      text,
      receivedAt: new Date().toISOString(),
    });
  }
  emailSet(one, { update: { [id]: args.onSuccessUpdateEmail["#s"] } });
  return { created: { s: { id: "s1" } } };
}

function conversationSet(one, args, world) {
  const answer = { created: {}, updated: {} };
  for (const [key, { with: address }] of Object.entries(args.create ?? {})) {
    answer.created[key] = world.conversation(one, address.slice(4).split("@")[0]);
  }
  for (const [id, change] of Object.entries(args.update ?? {})) {
    one.feeds.Conversation.patch(id, change);
    answer.updated[id] = null;
  }
  return answer;
}

function messageQuery(one, args) {
  const all = one.feeds.ConversationMessage.list()
    .filter((message) => message.conversationId === args.filter.conversationId)
    .sort((a, b) => a.at.localeCompare(b.at));
  const from = args.position < 0 ? Math.max(0, all.length + args.position) : args.position;
  const ids = all.slice(from, from + args.limit).map((message) => message.id);
  return { queryState: "1", ids, position: from, total: all.length };
}

function messageSet(one, args, world) {
  const answer = { created: {}, updated: {}, notCreated: {} };
  for (const [key, wanted] of Object.entries(args.create ?? {})) {
    const again = one.feeds.ConversationMessage.list().find((m) => m.clientId === wanted.clientId);
    answer.created[key] = again ?? world.send(one, wanted);
  }
  for (const id of Object.keys(args.update ?? {})) {
    world.deliver(
      one,
      one.feeds.ConversationMessage.patch(id, { state: "sending", reason: null }),
      false,
    );
    answer.updated[id] = null;
  }
  return answer;
}

function groupSet(one, args) {
  const answer = { created: {}, updated: {}, destroyed: [] };
  for (const [key, { name }] of Object.entries(args.create ?? {})) {
    const id = `g${one.next++}`;
    one.feeds.ImGroup.put({ id, name, kind: "own", contacts: [] });
    answer.created[key] = { id };
  }
  for (const [id, change] of Object.entries(args.update ?? {})) {
    one.feeds.ImGroup.patch(id, change);
    answer.updated[id] = null;
  }
  for (const id of args.destroy ?? []) one.feeds.ImGroup.drop(id);
  return answer;
}

function principalQuery(args) {
  const { text, emails, imAddresses } = args.filter;
  const has = ([login, name]) =>
    emails || imAddresses
      ? emails?.includes(email(login)) || imAddresses?.includes(sip(login))
      : `${name} ${email(login)}`.toLowerCase().includes(text.toLowerCase());
  return { ids: PEOPLE.filter(has).map(([login]) => `a-${login}`) };
}

/** `made`: ids of objects created earlier in the same request. */
export function run(world, one, wire, method, args, made) {
  const [type, verb] = method.split("/");
  switch (method) {
    case "Core/echo":
      return args;
    case "Email/query":
      return emailQuery(one, args);
    case "Email/get":
      return emailGet(one, args);
    case "Email/set": {
      const answer = emailSet(one, args);
      for (const [key, { id }] of Object.entries(answer.created)) made[key] = id;
      return answer;
    }
    case "EmailSubmission/set":
      return submit(one, args, world, made);
    case "Identity/get":
      return { state: "1", list: [{ id: "i1", name: nameOf(one.login), email: email(one.login) }] };
    case "Principal/query":
      return principalQuery(args);
    case "Principal/get":
      return { state: "1", list: PEOPLE.map(principal(world)).filter((p) => args.ids.includes(p.id)) };
    case "ImStatus/get":
      return { state: "1", list: [world.status(one)] };
    case "ImStatus/set":
      world.setStatus(one, args.update.singleton);
      return { updated: { singleton: null } };
    case "CertificateWarning/get":
      return { state: "1", list: one.certificateWarnings ?? [], notFound: [] };
    case "Presence/watch":
      if (wire) wire.watched = args.ids;
      return { list: [...args.ids, sip(one.login)].map((id) => world.presence(id)), notFound: [] };
    case "Presence/set":
      world.setPresence(one.login, Object.values(args.update)[0].state ?? "available");
      return { updated: args.update };
    case "Conversation/set":
      return conversationSet(one, args, world);
    case "Conversation/typing":
      world.typing(one, args);
      return {};
    case "ConversationMessage/query":
      return messageQuery(one, args);
    case "ConversationMessage/set":
      return messageSet(one, args, world);
    case "ImGroup/set":
      return groupSet(one, args);
  }
  if (verb === "get" && one.feeds[type]) return one.feeds[type].get(args);
  if (verb === "changes" && one.feeds[type]) return one.feeds[type].changes(args);
  return null;
}
