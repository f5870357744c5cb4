// Owns the HTTP side of the talk with the server: signing in and out, the session, and requests for
// which no WebSocket is open. Does not own when to use it: client.ts.
import { NotSignedIn, Refused, TransportLost } from "./error";
import type { JmapRequest, JmapResponse, Problem, Session } from "./types";

// With this header the server does not ask the browser for a password dialog.
const OURS = { "X-Requested-With": "tandem" };
const JSON_HEADERS = { ...OURS, "Content-Type": "application/json" };
/** A server that has not answered by then is taken for lost. */
const ANSWER_WITHIN_MS = 30_000;

async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      credentials: "same-origin",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      ...init,
    });
  } catch {
    throw new TransportLost();
  }
  if (response.ok) return response;
  if (response.status === 401) throw new NotSignedIn();
  if (response.status === 502 || response.status === 503 || response.status === 504) {
    throw new TransportLost();
  }
  const problem = (await response.json().catch(() => null)) as Problem | null;
  throw new Refused(problem?.type ?? `http ${response.status}`, problem?.detail);
}

export async function signIn(username: string, password: string): Promise<void> {
  const body = JSON.stringify({ username, password, trusted: false });
  await request("/owa/auth/login", { method: "POST", headers: JSON_HEADERS, body });
}

export async function signOut(): Promise<void> {
  await request("/owa/auth/logout", { method: "POST", headers: JSON_HEADERS, body: "{}" });
}

export async function fetchSession(): Promise<Session> {
  const response = await request("/jmap/session", { headers: OURS });
  return (await response.json()) as Session;
}

/** Whether people may change their own photo. */
export async function maySetPhoto(): Promise<boolean> {
  const answer = (await (await request("/owa/photo", { headers: OURS })).json()) as unknown;
  return (answer as { maySet?: boolean }).maySet === true;
}

export async function setPhoto(picture: Blob): Promise<void> {
  const headers = { ...OURS, "Content-Type": picture.type || "application/octet-stream" };
  await request("/owa/photo", { method: "POST", headers, body: picture });
}

export async function deletePhoto(): Promise<void> {
  await request("/owa/photo", { method: "DELETE", headers: OURS });
}

export async function post(body: JmapRequest): Promise<JmapResponse> {
  const init = { method: "POST", headers: JSON_HEADERS, body: JSON.stringify(body) };
  return (await (await request("/jmap/api", init)).json()) as JmapResponse;
}
