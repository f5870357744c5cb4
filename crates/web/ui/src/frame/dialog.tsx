// Owns the modal dialog: the browser's own <dialog>, which keeps the focus inside and gives it
// back.
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import { t } from "../text";
import { Icon } from "./icons";

interface DialogProps {
  title: string;
  wide?: boolean;
  closed: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, wide, closed, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Before the effects of what is inside, which may move the focus.
  useLayoutEffect(() => {
    const opener = document.activeElement as HTMLElement | null;
    element.current?.showModal();
    return () => opener?.focus();
  }, []);
  return (
    <dialog
      ref={element}
      class={wide ? "dialog wide" : "dialog"}
      aria-labelledby={id}
      onClose={closed}
      onPointerDown={(event) => {
        if (event.target === element.current) element.current?.close();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div class="dialog-sheet">
        <header>
          <h2 id={id}>{title}</h2>
          <button
            class="icon-button"
            aria-label={t.general.close}
            onClick={() => element.current?.close()}
          >
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface Question {
  title: string;
  text: string;
  yes: string;
  run: () => void;
}

const question = signal<Question | null>(null);

/** Asks before something that cannot be undone. */
export function confirm(asked: Question): void {
  question.value = asked;
}

export function Confirmation() {
  const asked = question.value;
  if (!asked) return null;
  const close = () => (question.value = null);
  return (
    <Dialog title={asked.title} closed={close}>
      <p>{asked.text}</p>
      <footer>
        <button onClick={close}>{t.general.cancel}</button>
        <button
          class="primary danger"
          onClick={() => {
            close();
            asked.run();
          }}
        >
          {asked.yes}
        </button>
      </footer>
    </Dialog>
  );
}
