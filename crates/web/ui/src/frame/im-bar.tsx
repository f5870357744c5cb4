// Owns the quiet bar that says why instant messaging does not work. Not a dialog; takes no focus.
import { signal } from "@preact/signals";
import { imStatus, retryIm, retrying } from "../presence/status";
import { t } from "../text";
import { Icon } from "./icons";

/** Hidden until the next sign-in, or until the reason changes. */
const hidden = signal<string | null>(null);

export function ImBar() {
  const { state, reason } = imStatus.value;
  const text = reason ?? t.presence.barTitle;
  const shows = state === "unavailable" && hidden.value !== text;
  return (
    <div role="status">
      {shows && (
        <div class="im-bar">
          <Icon name="warn" />
          <p dir="auto">{text}</p>
          <button class="plain strong" disabled={retrying.value} onClick={() => void retryIm()}>
            {retrying.value ? t.presence.retrying : t.presence.barRetry}
          </button>
          <button
            class="icon-button"
            aria-label={t.presence.hideBar}
            onClick={() => (hidden.value = text)}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
