// Owns "reply by IM": a chat with the sender of a message.
import { chats } from "../chat/store";
import { principalOf } from "../people/directory";
import type { Id } from "../jmap/types";
import { emailOf } from "./emails";

export function replyByIm(id: Id): void {
  const sender = emailOf(id).peek()?.from?.[0];
  const address = sender && principalOf(sender.email).peek()?.imAddress;
  if (address) void chats.start(address);
}
