// Owns the round picture of a person: the photo, or initials on a quiet colour that stays the same
// for one name, with the presence mark at its edge.
import { PersonMark } from "../presence/mark";
import { initials } from "../text/format";
import { Photo } from "./photo";

const HUES = 8;

export function hueOf(name: string): number {
  let sum = 0;
  for (const letter of name.toLowerCase()) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}

interface AvatarProps {
  name: string;
  /** For the mark, and for the photo of somebody whose email address is not known. */
  address?: string | null;
  email?: string | null | undefined;
  /** Without a mark, where the mark stands elsewhere. */
  plain?: boolean;
  small?: boolean;
  large?: boolean;
}

/** Decoration: the name and the words of the mark stand beside it or in the name of the control. */
export function Avatar({ name, address, email, plain, small, large }: AvatarProps) {
  const sizeClass = large ? " large" : small ? " small" : "";
  return (
    <span class={`avatar hue-${hueOf(name)}${sizeClass}`} aria-hidden="true">
      {/* Drawn by the style sheet: the letters are a picture, not part of any name. */}
      <span class="avatar-letters" data-letters={initials(name)} />
      <Photo address={email ?? address} size={large ? "HR648x648" : "HR96x96"} />
      {!plain && <PersonMark address={address} hidden />}
    </span>
  );
}
