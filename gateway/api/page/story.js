// What is known of each call, gathered from what the server recorded and from what happens. No page in here.
//
// Everything is put in by its own name (a turn's number, a reply's number), so that it does no harm to be told the same
// thing twice: once by the record of a call and once by its events.

/** A call of which nothing is known but its name. */
export function newStory(id, tenant) {
  return {
    id, tenant, line: null, caller: null, carrier: null,
    started: null, ended: null, cause: null,
    recorded: false, partial: null, hearing: false,
    lines: new Map(), latencies: new Map(), emotions: new Map(), callBack: null, measures: null,
  };
}

/** Takes in an entry of `/v1/calls`. */
export function takeSummary(story, call) {
  const { line, caller, carrier, started, ended, cause, tenant } = call;
  Object.assign(story, { line, caller: caller ?? null, carrier, started, tenant });
  if (ended) Object.assign(story, { ended, cause: cause ?? null, partial: null, hearing: false });
}

/** Takes in the answer of `/v1/calls/{id}`. */
export function takeRecord(story, call) {
  takeSummary(story, call);
  for (const said of call.transcript) {
    const entry = lineOf(story, said.who === "caller" ? `turn ${said.turn}` : `reply ${said.reply}`, said.who, said.at);
    entry.text = said.text;
    entry.at = said.at;
    entry.confidence = said.confidence ?? null;
    if (said.heard !== undefined) Object.assign(entry, { heard: said.heard, over: true, spoken: true });
    entry.interrupted ||= said.interrupted;
    if (story.ended) entry.over = true;
  }
  for (const { reply, parts } of call.latencies) story.latencies.set(reply, parts);
  for (const told of call.emotions ?? []) story.emotions.set(told.turn, told);
  story.callBack = call.call_back ?? null;
  story.measures = call.measures ?? null;
  story.recorded = true;
}

/** Takes in an event of `/v1/events`. */
export function takeEvent(story, { type, data, at }) {
  const take = TAKE[type];
  if (take) take(story, data, at);
}

const TAKE = {
  call_started: (story, data, at) => Object.assign(story, {
    started: at, line: data.line, caller: data.caller ?? null, carrier: data.carrier, recorded: true,
  }),
  speech_started: (story) => { story.hearing = true; },
  speech_stopped: (story) => { story.hearing = false; },
  partial: (story, data, at) => { if (!story.ended) story.partial = { ...data, at }; },
  turn_over: (story, { turn, text, confidence }, at) => {
    story.partial = null;
    const line = lineOf(story, `turn ${turn}`, "caller", at);
    Object.assign(line, { text, confidence, at, over: true });
  },
  digit: (story, { key }, at) => {
    const last = linesOf(story).at(-1);
    if (last?.who === "keypad") last.text += key;
    else lineOf(story, `keys ${at}`, "keypad", at).text = key;
  },
  agent_said: (story, { reply, text }, at) => { lineOf(story, `reply ${reply}`, "agent", at).text = text; },
  reply_started: (story, { reply }, at) => {
    Object.assign(lineOf(story, `reply ${reply}`, "agent", at), { spoken: true, at });
  },
  latency: (story, { reply, parts }) => { story.latencies.set(reply, parts); },
  interrupted: (story, { reply }, at) => { lineOf(story, `reply ${reply}`, "agent", at).interrupted = true; },
  went_on: (story) => { story.partial = null; },
  emotion: (story, data) => { story.emotions.set(data.turn, { ...story.emotions.get(data.turn), ...data }); },
  mood_shifted: (story, { turn, ...shift }) => {
    story.emotions.set(turn, { ...story.emotions.get(turn), turn, shift });
  },
  call_back_wanted: (story, data) => { story.callBack = data; },
  measured: (story, data) => { story.measures = data; },
  reply_ended: (story, { reply, outcome, heard }, at) => {
    const line = lineOf(story, `reply ${reply}`, "agent", at);
    Object.assign(line, { heard, over: true });
    if (outcome === "interrupted") line.interrupted = true;
  },
  call_ended: (story, { cause }, at) => {
    Object.assign(story, { ended: at, cause, partial: null, hearing: false });
  },
};

/** How the caller came across in the turn that a line tells. */
export function emotionOf(story, line) {
  return line.who === "caller" ? story.emotions.get(Number(line.name.slice("turn ".length))) : undefined;
}

function lineOf(story, name, who, at) {
  let line = story.lines.get(name);
  if (!line) {
    line = { name, who, at, text: "", heard: null, confidence: null, interrupted: false, spoken: false, over: false };
    story.lines.set(name, line);
  }
  return line;
}

/** What was said, in order, without what the agent never got to say. */
export function linesOf(story) {
  return [...story.lines.values()]
    .filter((line) => line.text && !(line.who === "agent" && line.over && !line.heard))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** An agent's words as the caller heard them, and those that were cut off: `[heard, rest]`. */
export function cut(line) {
  if (!line.interrupted || line.heard === null) return [line.text, ""];
  const heard = line.heard.trim();
  return line.text.startsWith(heard) ? [heard, line.text.slice(heard.length)] : [heard, ""];
}

const PARTS = [
  ["pause_detected_ms", "pause noticed"],
  ["words_final_ms", "words final"],
  ["turn_judged_ms", "turn judged over"],
  ["agent_ready_ms", "agent ready"],
  ["first_audio_made_ms", "first audio made"],
  ["first_audio_sent_ms", "first audio sent"],
];

/** The moments of a reply that happened, in order: `{ what, part, from, to }` in milliseconds after the caller's last sound. */
export function steps(parts) {
  const points = PARTS
    .filter(([part]) => parts[part] !== undefined)
    .map(([part, what]) => ({ part, what, to: parts[part] }))
    .sort((a, b) => a.to - b.to);
  return points.map((point, place) => ({ ...point, from: place ? points[place - 1].to : 0 }));
}
