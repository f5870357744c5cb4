// Owns which catalogue is in use. One language so far; another is one more file of the same type.
import { en } from "./en";

export type Text = typeof en;
export const t: Text = en;
export const LANGUAGE = "en";
