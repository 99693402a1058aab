// The page itself: shows the stories of calls, and the calendar, as they stand.

import { ask, follow, key, keyFromAddress, KeyRefused } from "./connection.js";
import { bring, element, put } from "./elements.js";
import { linesOf, newStory, takeEvent, takeRecord, takeSummary } from "./story.js";
import { account, callBack, partial, row } from "./talk.js";
import { clock, day, duration, local, name, number, words } from "./words.js";

const $ = (id) => document.getElementById(id);
const CALLS_PER_PAGE = 30;
const CAUSES = {
  caller_hung_up: "caller hung up", agent_hung_up: "agent said goodbye", transferred: "passed on to a person",
  line_lost: "line lost", caller_silent: "caller silent", too_long: "too long", business_gone: "no answer in time",
  fault: "our fault", drained: "server stopped", server_killed: "server was killed",
};
const PURPOSES = { agent: "the receptionist", echo: "plays back what you say", listen: "only writes down what you say" };

let stories = new Map();
let appointments = new Map();
let tenants = new Map();
let chosen = null;
let followed = true;
let older = null;
let leave = null;
let drawn = 0;

// --- Signing in and out -------------------------------------------------------------------------------------------

async function enter() {
  try {
    tenants = new Map((await ask("tenants")).tenants.map((tenant) => [tenant.id, tenant]));
  } catch (error) {
    if (error instanceof KeyRefused) return signIn(key.get() ? "The server does not know this key." : "");
    link("broken", "The server does not answer");
    setTimeout(enter, 2000);
    return;
  }
  $("sign-in").hidden = true;
  $("board").hidden = false;
  $("sign-out").hidden = false;
  showLines();
  leave = follow({
    open: (resumed) => {
      link("live", "Live");
      if (!resumed) load().catch(() => link("broken", "The server cannot read its records"));
    },
    event: happen,
    closed: (seconds) => link("broken", `Connection lost, trying again in ${Math.ceil(seconds)} s`),
    refused: () => signOut("The server does not take this key any more."),
  });
}

function signIn(wrong) {
  key.forget();
  link("off", "Not signed in");
  $("board").hidden = true;
  $("sign-out").hidden = true;
  $("sign-in").hidden = false;
  $("key-wrong").textContent = wrong;
  $("key").value = "";
  $("key").focus();
}

function signOut(why = "") {
  leave?.();
  [stories, appointments, tenants, chosen, followed, older] = [new Map(), new Map(), new Map(), null, true, null];
  signIn(why);
}

function link(state, text) {
  $("link").dataset.state = state;
  $("link-text").textContent = text;
}

// --- What is known ------------------------------------------------------------------------------------------------

async function load() {
  const [page, calendar] = await Promise.all([ask(`calls?limit=${CALLS_PER_PAGE}`), ask("appointments")]);
  takeCalls(page);
  for (const appointment of calendar.appointments) appointments.set(appointment.id, appointment);
  choose(chosen ?? newest());
}

function takeCalls(page) {
  for (const call of page.calls) takeSummary(storyOf(call.id, call.tenant), call);
  older = page.next ?? null;
}

function storyOf(id, tenant) {
  if (!stories.has(id)) stories.set(id, newStory(id, tenant));
  return stories.get(id);
}

function happen(event) {
  const story = storyOf(event.call, event.tenant);
  takeEvent(story, event);
  if (event.type === "appointment") takeAppointment(event.data);
  // The next call is shown by itself, unless somebody is reading or listening to another.
  if (event.type === "call_started" && followed && (stories.get(chosen)?.ended ?? true)) choose(event.call);
  draw();
}

function takeAppointment({ appointment, replaces }) {
  appointments.set(appointment.id, appointment);
  const replaced = appointments.get(replaces);
  if (replaced) replaced.state = "moved";
}

function newest() {
  const calls = sorted();
  return (calls.find((story) => !story.ended) ?? calls[0])?.id ?? null;
}

/** Live calls first, then the newest. */
function sorted() {
  return [...stories.values()].sort((a, b) => !!a.ended - !!b.ended || (a.id < b.id ? 1 : -1));
}

async function choose(id) {
  chosen = id;
  draw();
  const story = stories.get(id);
  if (!story || story.recorded) return;
  try {
    takeRecord(story, await ask(`calls/${id}`));
  } catch {
    story.recorded = false;
  }
  draw();
}

// --- Showing ------------------------------------------------------------------------------------------------------

/** Draws once per frame, however much has happened. */
function draw() {
  drawn ||= requestAnimationFrame(() => {
    drawn = 0;
    showCalls();
    showCall();
    showAppointments();
  });
}

const none = (text) => ({ name: "none", sign: text, make: () => element("li", { class: "none", text }) });

function showLines() {
  $("webhook").textContent = new URL("/twilio/voice", location.href).href;
  const lines = [...tenants.values()].flatMap((tenant) => tenant.lines);
  const numbers = lines.filter(({ address }) => address.startsWith("+"));
  $("lines").replaceChildren(...numbers.flatMap(({ address, purpose }) => [
    element("dt", { text: number(address) }), element("dd", { text: PURPOSES[purpose] ?? purpose }),
  ]));
}

function showCalls() {
  const calls = sorted();
  const live = calls.filter((story) => !story.ended).length;
  $("live-count").textContent = live ? `${live} live` : "";
  document.title = live ? `(${live}) Callwright` : "Callwright";
  const items = calls.map((story) => ({
    name: story.id,
    sign: JSON.stringify([story.caller, !story.ended, story.id === chosen]),
    make: () => element("li", {}, element("button", {
      type: "button", "data-call": story.id, "data-live": story.ended ? null : "", "aria-current": story.id === chosen ? "true" : null,
    },
    element("span", { class: "who", text: story.caller ? number(story.caller) : "Unknown caller" }),
    element("span", { class: "when" }), element("span", { class: "what" }))),
  }));
  const focused = document.activeElement?.dataset?.call;
  bring($("calls"), items.length ? items : [none("No calls yet.")]);
  if (focused) document.querySelector(`[data-call="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  for (const story of calls) {
    const button = document.querySelector(`[data-call="${CSS.escape(story.id)}"]`);
    put(button.querySelector(".when"), story.ended ? clock(story.started) : duration(story));
    put(button.querySelector(".what"), what(story));
  }
  $("older").hidden = !older;
}

function what(story) {
  const place = tenants.size > 1 ? `${tenants.get(story.tenant)?.name ?? story.tenant} · ` : "";
  if (story.ended) return `${place}${CAUSES[story.cause] ?? story.cause ?? "over"} · ${duration(story)}`;
  return `${place}${story.partial || story.hearing ? "caller is speaking" : "live"}`;
}

function showCall() {
  const story = stories.get(chosen);
  $("call-empty").hidden = !!story;
  $("call-shown").hidden = !story;
  if (!story) return;
  $("call-title").textContent = story.caller ? number(story.caller) : "Unknown caller";
  const tenant = tenants.get(story.tenant);
  const purpose = tenant?.lines.find(({ address }) => address === story.line)?.purpose ?? "agent";
  $("call-about").textContent = [
    tenant?.name ?? story.tenant, story.line ? number(story.line) : null, purpose === "agent" ? null : purpose,
    story.started ? day(story.started) : null,
  ].filter(Boolean).join(" · ");
  $("call-state").dataset.live = story.ended ? "no" : "yes";
  $("call-state").textContent = story.ended ? `${CAUSES[story.cause] ?? story.cause} after ${duration(story)}` : `live ${duration(story)}`;
  showTalk(story, purpose);
}

function showTalk(story, purpose) {
  const talk = $("talk");
  const fresh = talk.dataset.call !== story.id;
  const atEnd = fresh || talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
  talk.dataset.call = story.id;
  const items = linesOf(story).map((line) => {
    const parts = line.who === "agent" ? story.latencies.get(Number(line.name.slice(6))) : undefined;
    return { name: `${story.id} ${line.name}`, sign: JSON.stringify([line, parts, story.started]), make: () => row(story, line, parts) };
  });
  if (story.partial) items.push({ name: `${story.id} partial`, sign: JSON.stringify(story.partial), make: () => partial(story) });
  if (story.callBack) items.push({ name: `${story.id} call back`, sign: JSON.stringify(story.callBack), make: () => callBack(story.callBack) });
  if (story.measures && story.ended) items.push({ name: `${story.id} account`, sign: JSON.stringify(story.measures), make: () => account(story.measures) });
  bring(talk, items.length ? items : [none(quiet(story, purpose))]);
  // A live call is followed to its last words, a past one read from its first.
  if (!story.ended && atEnd) talk.scrollTop = talk.scrollHeight;
  else if (fresh) talk.scrollTop = 0;
}

function quiet(story, purpose) {
  if (purpose === "echo") return "The echo line plays back what it hears and writes nothing down.";
  return story.ended ? "Nothing was said." : "Nothing said yet.";
}

function showAppointments() {
  const shown = [...appointments.values()].sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
  $("no-appointments").hidden = shown.length > 0;
  bring($("appointments"), shown.map((appointment) => ({
    name: String(appointment.id), sign: JSON.stringify(appointment), make: () => card(appointment),
  })));
}

function card({ local_start, service, provider, name: who, phone, state }) {
  return element("li", { class: "card", "data-state": state },
    element("p", { class: "date", text: local(local_start) }),
    element("p", { class: "service", text: `${words(service)} with ${name(provider)}` }),
    element("p", { class: "name", text: `${who} · ${number(phone)}` }),
    ...(state === "booked" ? [] : [element("p", { class: "fate", text: state })]));
}

// --- Beginning ----------------------------------------------------------------------------------------------------

$("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  key.set($("key").value.trim());
  enter();
});
$("sign-out").addEventListener("click", () => signOut());
$("calls").addEventListener("click", (event) => {
  const call = event.target.closest("button")?.dataset.call;
  if (!call) return;
  // Who looks at an older call wants to stay there when the next one comes in.
  followed = !stories.get(call)?.ended;
  choose(call);
  if (matchMedia("(max-width: 760px)").matches) $("call").scrollIntoView();
});
$("older").addEventListener("click", async () => {
  takeCalls(await ask(`calls?limit=${CALLS_PER_PAGE}&before=${encodeURIComponent(older)}`));
  draw();
});
// Live calls grow longer while nothing else happens.
setInterval(() => { if ([...stories.values()].some((story) => !story.ended)) draw(); }, 1000);

addEventListener("hashchange", () => {
  if (!keyFromAddress()) return;
  leave?.();
  enter();
});
keyFromAddress();
if (key.get()) enter(); else signIn("");
