// Owns the round picture of a person: initials on a quiet colour that stays the same for one name,
// with the presence mark at its edge.
import { PersonMark } from "../presence/mark";
import { initials } from "../text/format";

const HUES = 8;

export function hueOf(name: string): number {
  let sum = 0;
  for (const letter of name.toLowerCase()) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}

interface AvatarProps {
  name: string;
  address?: string | null;
  /** Without a mark, where the mark stands elsewhere. */
  plain?: boolean;
  small?: boolean;
}

/** Decoration: the name and the words of the mark stand beside it or in the name of the control. */
export function Avatar({ name, address, plain, small }: AvatarProps) {
  return (
    <span class={`avatar hue-${hueOf(name)}${small ? " small" : ""}`} aria-hidden="true">
      {/* Drawn by the style sheet: the letters are a picture, not part of any name. */}
      <span class="avatar-letters" data-letters={initials(name)} />
      {!plain && <PersonMark address={address} hidden />}
    </span>
  );
}
