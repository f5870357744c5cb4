// Owns whether the folders and people, a drawer in the medium layout, are pulled out.
import { signal } from "@preact/signals";

export const drawerOpen = signal(false);

export function closeDrawer(): void {
  drawerOpen.value = false;
}
