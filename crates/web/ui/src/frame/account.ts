// Owns signing out: nothing of the person may stay in this tab.
import { signOut } from "../jmap/http";
import { notify } from "./notices";
import { words } from "../jmap/error";
import { t } from "../text";

export async function leave(): Promise<void> {
  try {
    await signOut();
  } catch (error) {
    notify({ text: t.mail.notDone(words(error)) });
    return;
  }
  sessionStorage.clear();
  location.replace("/owa/");
}
