// Owns the part of the settings in which people change their own photo, where they may.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { NotSignedIn, words } from "../jmap/error";
import * as http from "../jmap/http";
import { jmap } from "../jmap/client";
import { Avatar } from "../people/avatar";
import { principalOf } from "../people/directory";
import { identities, ownName } from "../people/own";
import { t } from "../text";

const maySet = signal(false);
const isBusy = signal(false);
const said = signal("");

async function change(run: () => Promise<void>, done: string): Promise<void> {
  isBusy.value = true;
  said.value = "";
  try {
    await run();
    said.value = done;
  } catch (error) {
    if (error instanceof NotSignedIn) jmap.session.value = null;
    said.value = words(error);
  } finally {
    isBusy.value = false;
  }
}

export function OwnPhoto() {
  const field = useRef<HTMLInputElement>(null);
  const email = identities.value[0]?.email;
  useEffect(() => {
    said.value = "";
    http.maySetPhoto().then(
      (may) => (maySet.value = may),
      () => (maySet.value = false),
    );
  }, []);
  if (!maySet.value || !email) return null;
  const has = Boolean(principalOf(email).value?.photo);
  return (
    <div class="own-photo">
      <Avatar name={ownName.value} email={email} plain large />
      <div class="own-photo-words">
        <div class="own-photo-buttons">
          <button disabled={isBusy.value} onClick={() => field.current?.click()}>
            {has ? t.settings.photoChange : t.settings.photoAdd}
          </button>
          {has && (
            <button
              disabled={isBusy.value}
              onClick={() => void change(http.deletePhoto, t.settings.photoRemoved)}
            >
              {t.settings.photoRemove}
            </button>
          )}
        </div>
        <p class="quiet" role="status">
          {said.value || t.settings.photoHint}
        </p>
        <input
          ref={field}
          type="file"
          accept="image/jpeg,image/png"
          aria-label={t.settings.photoFile}
          hidden
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = "";
            if (file) void change(() => http.setPhoto(file), t.settings.photoChanged);
          }}
        />
      </div>
    </div>
  );
}
