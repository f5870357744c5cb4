// Owns where a person's photo is: the server's EWS address, with the name of the very picture in
// it, so that another picture has another address. Does not own who somebody is: directory.ts.
import { useState } from "preact/hooks";
import { principalOf } from "./directory";

/** Sides the server has; the page never shows one larger than it is sent. */
type Size = "HR96x96" | "HR648x648";

function photoOf(address: string | null | undefined, size: Size): string | null {
  const one = address ? principalOf(address).value : null;
  if (!one?.photo || !one.email) return null;
  const query = new URLSearchParams({ email: one.email, size, v: one.photo });
  return `/ews/Exchange.asmx/s/GetUserPhoto?${query}`;
}

/** The photo of an email or SIP address, over the initials; nothing while there is none. */
export function Photo({ address, size }: { address?: string | null | undefined; size: Size }) {
  const source = photoOf(address, size);
  const [broken, setBroken] = useState<string | null>(null);
  if (!source || broken === source) return null;
  return (
    <img
      class="avatar-photo"
      src={source}
      alt=""
      draggable={false}
      decoding="async"
      onError={() => setBroken(source)}
    />
  );
}
