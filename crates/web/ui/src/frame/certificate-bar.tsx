// Owns the quiet bar that tells an administrator which certificates are about to end. Who is one
// decides the server: others are told of none.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { jmap } from "../jmap/client";
import type { CertificateWarning, GetAnswer } from "../jmap/types";
import { t } from "../text";
import { Icon } from "./icons";

/** Thresholds are days apart. */
const ASK_AGAIN_MS = 3_600_000;

const text = signal("");
/** Hidden until there is something new. */
const hidden = signal("");

async function ask(): Promise<void> {
  try {
    const answer = await jmap.call<GetAnswer<CertificateWarning>>("CertificateWarning/get", {
      ids: null,
    });
    text.value = answer.list.map((warning) => warning.text).join(" ");
  } catch {
    // What was known stays; it is asked again, and whoever needs an answer at once has /health.
  }
}

export function CertificateBar() {
  useEffect(() => {
    void ask();
    const timer = setInterval(() => void ask(), ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div role="status">
      {text.value !== "" && text.value !== hidden.value && (
        <div class="im-bar">
          <Icon name="warn" />
          <p dir="auto">{text.value}</p>
          <button
            class="icon-button"
            aria-label={t.presence.hideBar}
            onClick={() => (hidden.value = text.value)}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
