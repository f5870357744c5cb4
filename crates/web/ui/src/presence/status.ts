// Owns whether instant messaging works for the signed-in person, and their own state.
// Does not own the menu that shows it: own-menu.tsx.
import { computed, effect, signal } from "@preact/signals";
import { jmap } from "../jmap/client";
import { throwIfNotSet, words } from "../jmap/error";
import { coalesced, passing } from "../jmap/sync";
import type { GetAnswer, ImStatus, OwnState, SetAnswer } from "../jmap/types";
import { CAPABILITY } from "../jmap/types";
import { notify } from "../frame/notices";
import { t } from "../text";
import { people } from "./people";

const START: ImStatus = {
  id: "singleton",
  state: "connecting",
  reason: null,
  link: null,
  ownAddress: null,
};

export const imStatus = signal<ImStatus>(START);
export const imState = computed(() => imStatus.value.state);
export const imWorks = computed(() => imState.value === "working");
/** Contacts and chat have a place on the page unless instant messaging is switched off. */
export const imPresent = computed(() => imState.value !== "off" && imState.value !== "notEnabled");
/** A message may be written although it cannot go out this very moment. */
export const canWrite = computed(() => imWorks.value || imState.value === "connecting");
/** What is known was said on the wire that is up now. */
const isFresh = signal(false);
/** Instant messages can go out now; until then they wait (chat/outbox.ts). */
export const imReady = computed(() => imWorks.value && isFresh.value && jmap.linked.value);
/** The own choice that the server has not confirmed yet. */
export const ownPending = signal(false);
export const retrying = signal(false);

function heard(next: ImStatus): void {
  const before = imStatus.peek().state;
  imStatus.value = next;
  isFresh.value = jmap.linked.peek();
  if (next.state === before) return;
  if (next.state === "working") people.refresh();
  else people.forgetAll();
}

/** Counts pushes: an answer that was on its way while one came is older than it. */
let pushes = 0;

export const syncImStatus = coalesced(async () => {
  if (!(CAPABILITY.im in (jmap.session.peek()?.capabilities ?? {}))) {
    heard({ ...START, state: "off" });
    return;
  }
  try {
    const before = pushes;
    const answer = await jmap.call<GetAnswer<ImStatus>>("ImStatus/get", { ids: ["singleton"] });
    if (answer.list[0] && pushes === before) heard(answer.list[0]);
  } catch (error) {
    if (passing(error)) return;
    heard({ ...START, state: "unavailable", reason: words(error) });
  }
});

effect(() => {
  if (!jmap.linked.value) isFresh.value = false;
});
jmap.on("ImStatus", () => void syncImStatus());
jmap.onIm((push) => {
  if (!push.status) return;
  pushes += 1;
  heard(push.status);
});

async function change(update: Record<string, unknown>): Promise<void> {
  const answer = await jmap.call<SetAnswer<ImStatus>>("ImStatus/set", {
    update: { singleton: update },
  });
  throwIfNotSet(answer.notUpdated);
  await syncImStatus();
}

/** "Try again" in the bar. */
export async function retryIm(): Promise<void> {
  retrying.value = true;
  try {
    await change({ retry: true });
  } catch (error) {
    if (!passing(error)) notify({ text: words(error) });
  } finally {
    retrying.value = false;
  }
}

export async function signInToIm(signedIn: boolean): Promise<void> {
  try {
    await change({ signedIn });
  } catch (error) {
    notify({ text: t.presence.notChanged(words(error)) });
  }
}

const AVAILABILITY: Record<NonNullable<OwnState>, number> = {
  available: 3500,
  busy: 6500,
  doNotDisturb: 9500,
  beRightBack: 12_500,
  offWork: 15_500,
  away: 15_500,
};

/** Shows the choice at once, marked as pending; a failure takes it back and says so (webmail P8). */
export async function chooseOwnState(state: OwnState): Promise<void> {
  const address = imStatus.peek().ownAddress;
  if (!address) return;
  const own = people.of(address);
  const before = own.peek();
  ownPending.value = true;
  if (state) {
    const availability = AVAILABILITY[state];
    const since = new Date().toISOString();
    own.value = { id: address, availability, state, activity: null, note: null, since };
  }
  try {
    const answer = await jmap.call<SetAnswer<unknown>>("Presence/set", {
      update: { [address]: { state } },
    });
    throwIfNotSet(answer.notUpdated);
  } catch (error) {
    own.value = before;
    notify({ text: t.presence.notChanged(words(error)) });
  } finally {
    ownPending.value = false;
  }
}
