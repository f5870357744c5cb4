// Owns what a person may set about this page, kept in the browser.
import { inBrowser, kept } from "../frame/kept";

export const singleKeys = kept("single-keys", true, inBrowser);
export const enterSends = kept("enter-sends", true, inBrowser);
export const typingHints = kept("typing-hints", true, inBrowser);
