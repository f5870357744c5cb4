// Owns the first decision: is anybody signed in? Then either the form or the workspace.
import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { chats } from "../chat/store";
import { jmap } from "../jmap/client";
import { words } from "../jmap/error";
import { startMail } from "../mail/store";
import { loadIdentities } from "../people/own";
import { groups } from "../people/store";
import { imPresent, syncImStatus } from "../presence/status";
import { startKeyboard } from "../settings/keyboard";
import { t } from "../text";
import { startRoute } from "./route";
import { Failed } from "./states";
import { SignIn } from "./sign-in";
import { Workspace } from "./workspace";

type Phase = "opening" | "signIn" | "inside" | "unreachable";

const phase = signal<Phase>("opening");
const reason = signal("");
const USER = "tandem.user";

/** What another person left in this tab is not for this one. */
function isSomebodyElse(username: string): boolean {
  const before = sessionStorage.getItem(USER);
  sessionStorage.setItem(USER, username);
  return before !== null && before !== username;
}

async function enter(): Promise<void> {
  phase.value = "opening";
  try {
    if (!(await jmap.open())) {
      phase.value = "signIn";
      return;
    }
  } catch (error) {
    reason.value = words(error);
    phase.value = "unreachable";
    return;
  }
  const username = jmap.session.peek()?.username ?? "";
  if (isSomebodyElse(username)) {
    sessionStorage.clear();
    sessionStorage.setItem(USER, username);
    location.replace("/owa/");
    return;
  }
  start();
  phase.value = "inside";
}

function start(): void {
  startRoute();
  jmap.connect();
  void syncImStatus();
  void loadIdentities();
  startMail();
  chats.begin();
  effect(() => {
    // Also when an administrator switches instant messaging on while the page is open.
    if (!imPresent.value) return;
    void groups.sync();
    void chats.conversations.sync();
    void chats.follow();
  });
  startKeyboard();
}

export function App() {
  useEffect(() => void enter(), []);
  const hasEnded = phase.value === "inside" && jmap.session.value === null;
  if (hasEnded) return <SignIn hasEnded done={() => location.reload()} />;
  switch (phase.value) {
    case "opening":
      return <div class="opening" role="status" aria-label={t.general.loading} />;
    case "signIn":
      return <SignIn hasEnded={false} done={() => void enter()} />;
    case "unreachable":
      return (
        <main class="sign-in">
          <Failed title={t.general.noConnection} why={reason.value} retry={() => void enter()} />
        </main>
      );
    case "inside":
      return <Workspace />;
  }
}
