// Owns the drafts: kept in this tab over reloads, several at once, one of them in the editor.
// Does not own sending: send.ts.
import { computed, signal } from "@preact/signals";
import { inTab, kept } from "../frame/kept";
import { go, mailRoute, route } from "../frame/route";
import { notify } from "../frame/notices";
import { emailOf, fetchBody } from "../mail/emails";
import { plainText } from "../mail/body";
import { isOwnAddress } from "../people/own";
import { t } from "../text";
import type { Email, EmailBody, Id, MailAddress } from "../jmap/types";
import {
  forwardSubject,
  forwarded,
  quote,
  replyRecipients,
  replySubject,
  textOfHtml,
} from "./quote";

export type DraftKind = "new" | "reply" | "replyAll" | "forward";

export interface Draft {
  key: string;
  kind: DraftKind;
  /** The message it answers, shown below it. */
  about: Id | null;
  to: MailAddress[];
  cc: MailAddress[];
  showCc: boolean;
  subject: string;
  body: string;
  inReplyTo: string[] | null;
  references: string[] | null;
  /** The draft on the server that this one replaces. */
  stored: Id | null;
  isDirty: boolean;
}

/** What is not kept over a reload. */
export interface Progress {
  isSending: boolean;
  error: string | null;
  /** What is written in a field of recipients and is not an address, by field. */
  bad: Partial<Record<"to" | "cc", string | null>>;
}

const IDLE: Progress = { isSending: false, error: null, bad: {} };

class Compose {
  readonly drafts = kept<Draft[]>("drafts", [], inTab);
  private readonly activeKey = kept<string | null>("draft", null, inTab);
  private readonly progress = signal<ReadonlyMap<string, Progress>>(new Map());
  /** The draft whose editor is to take the focus; only ever after something the person did. */
  readonly wanted = signal<string | null>(null);

  /** The draft in the editor. A reply is there only while the message it answers is open. */
  readonly active = computed(() => {
    const draft = this.drafts.value.find((one) => one.key === this.activeKey.value);
    if (!draft) return undefined;
    const now = route.value;
    if (now.view !== "mail") return undefined;
    return draft.about && draft.about !== now.email ? undefined : draft;
  });

  readonly aside = computed(() =>
    this.drafts.value.filter((one) => one.key !== this.active.value?.key),
  );

  progressOf(key: string): Progress {
    return this.progress.value.get(key) ?? IDLE;
  }

  setProgress(key: string, change: Partial<Progress>): void {
    this.progress.value = new Map(this.progress.peek()).set(key, {
      ...(this.progress.peek().get(key) ?? IDLE),
      ...change,
    });
  }

  change(key: string, change: Partial<Draft>): void {
    this.drafts.value = this.drafts
      .peek()
      .map((one) => (one.key === key ? { ...one, ...change, isDirty: true } : one));
    if (this.progress.peek().get(key)?.error) this.setProgress(key, { error: null });
  }

  start(to: MailAddress[] = []): void {
    const empty = this.drafts.peek().find((one) => one.kind === "new" && !one.isDirty);
    if (empty && to.length === 0) return this.show(empty.key);
    this.add({ kind: "new", to });
  }

  /** Brings a draft into the editor, with the message it answers. */
  show(key: string): void {
    const draft = this.drafts.peek().find((one) => one.key === key);
    if (!draft) return;
    if (draft.about) go(mailRoute({ email: draft.about }));
    else if (route.peek().view !== "mail") go(mailRoute({}));
    this.activeKey.value = key;
    this.wanted.value = key;
  }

  putAside(): void {
    const draft = this.active.peek();
    if (draft && !draft.isDirty) this.drop(draft.key);
    this.activeKey.value = null;
  }

  drop(key: string): void {
    this.drafts.value = this.drafts.peek().filter((one) => one.key !== key);
    if (this.activeKey.peek() === key) this.activeKey.value = null;
  }

  discard(key: string): void {
    const draft = this.drafts.peek().find((one) => one.key === key);
    this.drop(key);
    if (!draft?.isDirty) return;
    const undo = () => {
      this.drafts.value = [...this.drafts.peek(), draft];
      this.show(key);
    };
    notify({ text: t.compose.discarded, action: { label: t.general.undo, run: undo } });
  }

  reply(id: Id): Promise<void> {
    return this.answer(id, "reply");
  }

  replyAll(id: Id): Promise<void> {
    return this.answer(id, "replyAll");
  }

  private async answer(id: Id, kind: "reply" | "replyAll"): Promise<void> {
    const existing = this.drafts.peek().find((one) => one.about === id && one.kind === kind);
    if (existing) return this.show(existing.key);
    const email = emailOf(id).peek();
    const body = await fetchBody(id);
    if (!email) return;
    const { to, cc } = replyRecipients(email, body?.replyTo, kind === "replyAll", isOwnAddress);
    this.add({
      kind,
      about: id,
      to,
      cc,
      showCc: cc.length > 0,
      subject: replySubject(email.subject),
      body: quote(email, textOf(email, body)),
      inReplyTo: body?.messageId ?? null,
      references: [...(body?.references ?? []), ...(body?.messageId ?? [])],
    });
  }

  async forward(id: Id): Promise<void> {
    const email = emailOf(id).peek();
    const body = await fetchBody(id);
    if (!email) return;
    const subject = forwardSubject(email.subject);
    this.add({ kind: "forward", about: id, subject, body: forwarded(email, textOf(email, body)) });
  }

  /** Takes a draft from the server's Drafts into the editor. */
  async edit(id: Id): Promise<void> {
    const existing = this.drafts.peek().find((one) => one.stored === id);
    if (existing) return this.show(existing.key);
    const email = emailOf(id).peek();
    const body = await fetchBody(id);
    if (!email || !body) return;
    this.add({
      kind: "new",
      to: email.to ?? [],
      cc: email.cc ?? [],
      showCc: Boolean(email.cc?.length),
      subject: email.subject ?? "",
      body: textOf(email, body),
      stored: id,
      isDirty: true,
    });
  }

  private add(draft: Partial<Draft>): void {
    const key = crypto.randomUUID();
    const whole: Draft = {
      key,
      kind: "new",
      about: null,
      to: [],
      cc: [],
      showCc: false,
      subject: "",
      body: "",
      inReplyTo: null,
      references: null,
      stored: null,
      isDirty: false,
      ...draft,
    };
    const left = this.active.peek();
    const others = this.drafts.peek().filter((one) => one !== left || one.isDirty);
    this.drafts.value = [...others, whole];
    this.show(key);
  }
}

function textOf(email: Email, body: EmailBody | null): string {
  if (!body) return email.preview;
  const text = plainText(body);
  if (text) return text;
  const html = body.textBody.find((part) => part.type === "text/html");
  const value = html && body.bodyValues[html.partId ?? ""]?.value;
  return value ? textOfHtml(value) : email.preview;
}

export const compose = new Compose();
