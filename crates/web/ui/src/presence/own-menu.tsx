// Owns the signed-in person's name, upper right at every width, with their mark and the status
// menu.
import { Avatar } from "../people/avatar";
import { identities, ownName } from "../people/own";
import { Menu, MenuChoice, MenuItem, MenuNote, MenuSeparator } from "../frame/menu";
import { leave } from "../frame/account";
import { openSettings } from "../settings/settings";
import { openHelp } from "../settings/help";
import { Icon } from "../frame/icons";
import { t } from "../text";
import type { OwnState } from "../jmap/types";
import { Mark, look } from "./mark";
import { currentState, shown, type Shown } from "./state";
import { chooseOwnState, imStatus, imState, ownPending, signInToIm } from "./status";
import { people } from "./people";
import { jmap } from "../jmap/client";

const CHOICES: NonNullable<OwnState>[] = [
  "available",
  "busy",
  "doNotDisturb",
  "beRightBack",
  "offWork",
  "away",
];

function ownLook(): Shown | null {
  const status = imStatus.value;
  if (status.state === "signedOut") {
    return { glyph: "cross", tone: "quiet", hollow: true, text: t.presence.signedOut };
  }
  if (status.state === "unavailable") {
    return { glyph: "blank", tone: "quiet", hollow: true, text: t.presence.notAvailable };
  }
  return look(status.ownAddress) ?? (status.state === "connecting" ? look("?") : null);
}

export function OwnMenu() {
  const what = ownLook();
  const name = ownName.value;
  return (
    <Menu
      class="own"
      label={what ? t.presence.ownLabel(name, what.text) : t.presence.ownLabelPlain(name)}
      hint={t.presence.ownHint}
      shortcut="Alt+P"
      button={
        <>
          <Avatar name={name} email={identities.value[0]?.email} plain />
          <span class="own-words">
            <span class="own-name" dir="auto">
              {name}
            </span>{" "}
            {what && (
              <span class={ownPending.value ? "own-state pending" : "own-state"}>{what.text}</span>
            )}
          </span>
          {what && <Mark look={what} hidden />}
          <Icon name="down" />
        </>
      }
    >
      <OwnItems />
    </Menu>
  );
}

function OwnItems() {
  const { state, reason, ownAddress } = imStatus.value;
  return (
    <>
      {state === "working" && ownAddress && <States address={ownAddress} />}
      {state === "connecting" && <MenuNote>{t.presence.connecting}</MenuNote>}
      {(state === "notEnabled" || state === "unavailable") && (
        <>
          <MenuNote>{reason ?? t.presence.noReason}</MenuNote>
          <MenuSeparator />
        </>
      )}
      {state === "working" && (
        <MenuItem icon="unplug" run={() => void signInToIm(false)}>
          {t.presence.signOutOfIm}
        </MenuItem>
      )}
      {state === "signedOut" && (
        <MenuItem icon="chat" run={() => void signInToIm(true)}>
          {t.presence.signInToIm}
        </MenuItem>
      )}
      {(state === "working" || state === "signedOut") && <MenuSeparator />}
      <MenuItem icon="settings" run={openSettings}>
        {t.settings.title}
      </MenuItem>
      <MenuItem icon="keyboard" run={openHelp}>
        {t.settings.keyboard}
      </MenuItem>
      <MenuItem icon="leave" run={() => void leave()}>
        {t.account.signOut}
      </MenuItem>
    </>
  );
}

function States({ address }: { address: string }) {
  const now = currentState(imState.value, jmap.stale.value, people.of(address).value);
  return (
    <>
      {CHOICES.map((state) => (
        <MenuChoice
          key={state}
          chosen={now === state || now === `${state}Idle`}
          run={() => void chooseOwnState(state)}
          lead={<StateMark state={state} />}
        >
          {state === "away" ? t.presence.appearAway : t.presence.state[state]}
        </MenuChoice>
      ))}
      <MenuItem icon="reset" run={() => void chooseOwnState(null)}>
        {t.presence.reset}
      </MenuItem>
      <MenuSeparator />
    </>
  );
}

function StateMark({ state }: { state: NonNullable<OwnState> }) {
  const presence = { id: "", availability: null, state, activity: null, note: null, since: null };
  const what = shown("working", false, presence);
  return what ? <Mark look={what} hidden /> : null;
}
