// Owns the editor of one draft. Send is at its top, which nothing ever covers.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon } from "../frame/icons";
import { emailOf } from "../mail/emails";
import { addressName } from "../people/directory";
import { byRole } from "../mail/mailboxes";
import { t } from "../text";
import { Recipients } from "./recipients";
import { saveDraft, send } from "./send";
import { compose, type Draft } from "./store";

function titleOf(draft: Draft): string {
  const about = draft.about ? emailOf(draft.about).value : undefined;
  const first = draft.to[0];
  const name = first ? addressName(first) : "";
  switch (draft.kind) {
    case "reply":
      return t.compose.replyTo(name);
    case "replyAll":
      return t.compose.replyAllTo(name);
    case "forward":
      return t.compose.forwardOf(about?.subject?.trim() || t.mail.noSubject);
    case "new":
      return t.compose.newMessage;
  }
}

/** `inline`: above the message it answers. */
export function Editor({ draft, inline }: { draft: Draft; inline?: boolean }) {
  const id = useId();
  const { isSending, error, bad } = compose.progressOf(draft.key);
  const complaint = bad.to ?? bad.cc ?? null;
  // The title stays what it was when the draft was opened: it is the name of the place.
  const [title] = useState(() => titleOf(draft));
  const place = useRef<HTMLElement>(null);
  useWantedFocus(place, draft);
  const change = (what: Partial<Draft>) => compose.change(draft.key, what);
  const complain = (field: "to" | "cc", text: string | null) => {
    const now = compose.progressOf(draft.key).bad;
    if ((now[field] ?? null) !== text) {
      compose.setProgress(draft.key, { bad: { ...now, [field]: text } });
    }
  };
  // A field that is left while Send is pressed may still add a recipient: take the newest.
  const submit = () => {
    const newest = compose.drafts.peek().find((one) => one.key === draft.key);
    const { to, cc } = compose.progressOf(draft.key).bad;
    if (newest && !to && !cc) void send(newest);
  };
  return (
    <section
      ref={place}
      class={inline ? "editor inline" : "editor"}
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          // Leaving the field takes what is typed in it.
          (document.activeElement as HTMLElement | null)?.blur();
          submit();
        }
      }}
    >
      <Bar draft={draft} title={title} isSending={isSending} submit={submit} />
      {(complaint ?? error) && (
        <p class="editor-error" role="alert">
          <Icon name="warn" />
          {complaint ? t.compose.badAddress(complaint) : error}
        </p>
      )}
      <Fields draft={draft} change={change} complain={complain} />
      <Body draft={draft} id={id} change={change} />
    </section>
  );
}

interface BarProps {
  draft: Draft;
  title: string;
  isSending: boolean;
  submit: () => void;
}

function Bar({ draft, title, isSending, submit }: BarProps) {
  return (
    <header class="editor-bar">
      <button
        class="primary"
        onClick={submit}
        disabled={isSending}
        aria-keyshortcuts="Control+Enter"
      >
        <Icon name="sent" />
        {isSending ? t.compose.sending : t.compose.send}
      </button>
      <h2 class="editor-title" dir="auto">
        {title}
      </h2>
      {byRole("drafts") && draft.isDirty && (
        <button
          class="tool"
          aria-label={t.compose.saveDraft}
          title={t.compose.saveDraft}
          onClick={() => void saveDraft(draft)}
        >
          <Icon name="drafts" />
        </button>
      )}
      <button
        class="tool"
        aria-label={t.compose.discard}
        title={t.compose.discard}
        onClick={() => compose.discard(draft.key)}
      >
        <Icon name="trash" />
      </button>
      <button
        class="tool"
        aria-label={t.compose.putAside}
        title={t.compose.putAside}
        onClick={() => compose.putAside()}
      >
        <Icon name="minimise" />
      </button>
    </header>
  );
}

interface FieldsProps {
  draft: Draft;
  change: (what: Partial<Draft>) => void;
  complain: (field: "to" | "cc", text: string | null) => void;
}

function Fields({ draft, change, complain }: FieldsProps) {
  const id = useId();
  return (
    <div class="compose-fields">
      <Recipients
        label={t.compose.to}
        list={draft.to}
        change={(to) => change({ to })}
        complain={(text) => complain("to", text)}
      />
      {draft.showCc ? (
        <Recipients
          label={t.compose.cc}
          list={draft.cc}
          change={(cc) => change({ cc })}
          complain={(text) => complain("cc", text)}
        />
      ) : (
        <button
          class="plain add-cc"
          onClick={() => change({ showCc: true })}
          aria-label={t.compose.addCc}
        >
          {t.compose.cc}
        </button>
      )}
      <div class="compose-line">
        <label for={id}>{t.compose.subject}</label>
        <input
          id={id}
          class="subject-field"
          value={draft.subject}
          dir="auto"
          autocomplete="off"
          onInput={(event) => change({ subject: event.currentTarget.value })}
        />
      </div>
    </div>
  );
}

interface BodyProps {
  draft: Draft;
  id: string;
  change: (what: Partial<Draft>) => void;
}

function Body({ draft, id, change }: BodyProps) {
  return (
    <>
      <label class="unseen" for={id}>
        {t.compose.body}
      </label>
      <textarea
        id={id}
        class="editor-body"
        value={draft.body}
        placeholder={t.compose.bodyHint}
        dir="auto"
        onInput={(event) => change({ body: event.currentTarget.value })}
      />
    </>
  );
}

/** To the recipients of a message that has none yet, else to the beginning of the text. */
function useWantedFocus(place: { current: HTMLElement | null }, draft: Draft): void {
  const wanted = compose.wanted.value;
  useEffect(() => {
    if (wanted !== draft.key) return;
    compose.wanted.value = null;
    const text = place.current?.querySelector("textarea");
    if (draft.to.length === 0) {
      place.current?.querySelector<HTMLElement>("[role=combobox]")?.focus();
    } else if (text) {
      text.focus();
      text.setSelectionRange(0, 0);
      text.scrollTop = 0;
    }
  }, [wanted]);
}
