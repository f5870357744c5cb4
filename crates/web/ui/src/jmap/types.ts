// Owns the shapes of what the page and the server say to each other: RFC 8620, RFC 8621, RFC 9670
// in the subset we use, and our capability for instant messages and presence.
// Does not own behaviour. Read next: client.ts.

export type Id = string;
/** A time as the server writes it: RFC 3339 in UTC. */
export type UtcDate = string;

export const CAPABILITY = {
  core: "urn:ietf:params:jmap:core",
  mail: "urn:ietf:params:jmap:mail",
  submission: "urn:ietf:params:jmap:submission",
  principals: "urn:ietf:params:jmap:principals",
  im: "urn:tandem:params:jmap:im",
} as const;

export interface Account {
  name: string;
  accountCapabilities: Record<string, unknown>;
}

export interface Session {
  username: string;
  accounts: Record<Id, Account>;
  primaryAccounts: Record<string, Id>;
  capabilities: Record<string, unknown>;
}

/** `[method, arguments, call id]`, RFC 8620 §3.2. */
export type Invocation = [method: string, args: Record<string, unknown>, callId: string];

export interface JmapRequest {
  using: string[];
  methodCalls: Invocation[];
}

export interface JmapResponse {
  methodResponses: Invocation[];
}

/** RFC 8620 §3.6.1: what an answer 4xx or 5xx carries. */
export interface Problem {
  type: string;
  status?: number;
  detail?: string;
}

export interface SetError {
  type: string;
  description?: string;
}

export interface GetAnswer<T> {
  state: string;
  list: T[];
  notFound: Id[];
}

export interface ChangesAnswer {
  oldState: string;
  newState: string;
  hasMoreChanges: boolean;
  created: Id[];
  updated: Id[];
  destroyed: Id[];
}

export interface QueryAnswer {
  ids: Id[];
  position: number;
  total?: number;
}

export interface SetAnswer<T> {
  newState: string;
  created?: Record<string, T> | null;
  updated?: Record<Id, unknown> | null;
  destroyed?: Id[] | null;
  notCreated?: Record<string, SetError> | null;
  notUpdated?: Record<Id, SetError> | null;
  notDestroyed?: Record<Id, SetError> | null;
}

// Mail (RFC 8621)

export interface Mailbox {
  id: Id;
  name: string;
  parentId: Id | null;
  role: string | null;
  sortOrder?: number;
  totalEmails: number;
  unreadEmails: number;
}

export interface MailAddress {
  name: string | null;
  email: string;
}

export interface BodyPart {
  partId: string | null;
  blobId: Id | null;
  type: string;
  name?: string | null;
  size?: number;
}

export interface Email {
  id: Id;
  threadId?: Id;
  mailboxIds: Record<Id, true>;
  keywords: Record<string, true>;
  from: MailAddress[] | null;
  to: MailAddress[] | null;
  cc: MailAddress[] | null;
  subject: string | null;
  receivedAt: UtcDate;
  preview: string;
  hasAttachment: boolean;
}

export interface EmailBody {
  id: Id;
  messageId?: string[] | null;
  references?: string[] | null;
  replyTo?: MailAddress[] | null;
  bodyValues: Record<string, { value: string; isTruncated?: boolean }>;
  textBody: BodyPart[];
  htmlBody: BodyPart[];
  attachments: BodyPart[];
}

export interface Identity {
  id: Id;
  name: string;
  email: string;
}

// Principals (RFC 9670)

export interface Principal {
  id: Id;
  type: string;
  name: string;
  email: string | null;
  imAddress: string | null;
  /** Names the photo in use. */
  photo: string | null;
  title: string | null;
  department: string | null;
  office: string | null;
  phone: string | null;
  mobilePhone: string | null;
  /** The manager's name. */
  manager: string | null;
}

// Instant messages and presence (ours)

export type ImState = "working" | "connecting" | "unavailable" | "off" | "notEnabled" | "signedOut";

export interface ImStatus {
  id: "singleton";
  state: ImState;
  reason: string | null;
  link: number | null;
  ownAddress: string | null;
}

/** For administrators; others are told of none. */
export interface CertificateWarning {
  id: Id;
  text: string;
  notAfter: UtcDate;
}

export type PresenceState =
  | "available"
  | "availableIdle"
  | "busy"
  | "busyIdle"
  | "doNotDisturb"
  | "beRightBack"
  | "away"
  | "offWork"
  | "offline"
  | "unknown";

export interface Presence {
  id: string;
  availability: number | null;
  state: PresenceState;
  activity: string | null;
  note: string | null;
  since: UtcDate | null;
}

/** What a person may choose; `null` is Reset. */
export type OwnState =
  "available" | "busy" | "doNotDisturb" | "beRightBack" | "offWork" | "away" | null;

export interface Conversation {
  id: Id;
  with: string;
  withName: string;
  lastMessageAt: UtcDate | null;
  lastText: string | null;
  unread: number;
  isOpen: boolean;
  typing: boolean;
}

export type DeliveryState = "sending" | "sent" | "delivered" | "kept" | "failed";

export interface ChatMessage {
  id: Id;
  conversationId: Id;
  from: string;
  own: boolean;
  text: string;
  at: UtcDate;
  state: DeliveryState;
  reason: string | null;
  clientId: string | null;
}

export type ImGroupKind = "favorites" | "tagged" | "other" | "own";

export interface Contact {
  address: string;
  name: string;
}

export interface ImGroup {
  id: Id;
  name: string;
  kind: ImGroupKind;
  contacts: Contact[];
}

// Push (RFC 8620 §7, RFC 8887 §4.3.5)

export interface ImPush {
  presence?: Presence[];
  typing?: { conversationId: Id; active: boolean }[];
  status?: ImStatus;
}

export interface StateChange {
  "@type": "StateChange";
  changed: Record<Id, Record<string, string>>;
  pushState?: string;
  [CAPABILITY.im]?: ImPush;
}
