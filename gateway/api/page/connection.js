// The way to the server: the key, the REST questions, and the stream of events that finds its way back after a break.

const KEY = "callwright.key";

/** Takes a key out of the address (`#key=…`, never sent to a server) and clears it from there; whether there was one. */
export function keyFromAddress() {
  const found = new URLSearchParams(location.hash.slice(1)).get("key");
  if (!found) return false;
  key.set(found);
  history.replaceState(null, "", location.pathname + location.search);
  return true;
}

export const key = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

/** The server did not take the key. */
export class KeyRefused extends Error {}

/** Asks `/v1/…` and gives the parsed answer. */
export async function ask(path) {
  const answer = await fetch(`/v1/${path}`, { headers: { Authorization: `Bearer ${key.get()}` } });
  if (answer.status === 401) throw new KeyRefused((await answer.json()).detail);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function base64url(text) {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * Follows everything that happens, for as long as the page is open.
 *
 * `told.open(resumed)` when the stream is open, `told.event(event)` for each event, `told.closed(seconds)` when it broke and is
 * tried again after so many, `told.refused()` when the key is not taken any more. Gives back a function that ends it.
 */
export function follow(told) {
  let socket = null;
  let last = null;
  let failures = 0;
  let timer = null;
  let over = false;

  function connect() {
    const url = new URL("/v1/events", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    if (last !== null) url.searchParams.set("from", last);
    socket = new WebSocket(url, ["callwright.v1", `callwright.key.${base64url(key.get())}`]);
    socket.onmessage = ({ data }) => take(JSON.parse(data));
    socket.onclose = again;
  }

  function take(message) {
    if (message.call !== undefined) {
      if (message.seq !== undefined) last = message.seq;
      told.event(message);
    } else if (message.type === "ready") {
      failures = 0;
      told.open(last !== null);
    } else if (message.data?.resume_from > 0) {
      last = message.data.resume_from;
    }
  }

  async function again() {
    if (over) return;
    // A browser does not say why a WebSocket failed; an ordinary question does.
    try {
      await ask("tenants");
    } catch (error) {
      if (error instanceof KeyRefused) return told.refused();
    }
    if (over) return;
    const seconds = Math.min(10, 0.5 * 2 ** failures) * (0.8 + 0.4 * Math.random());
    failures += 1;
    told.closed(seconds);
    timer = setTimeout(connect, seconds * 1000);
  }

  connect();
  return () => {
    over = true;
    clearTimeout(timer);
    socket?.close();
  };
}
