// One line of what was said: the words, where they were cut off, and where the time of a reply went.

import { element } from "./elements.js";
import { cut, emotionOf, steps } from "./story.js";
import { number, since } from "./words.js";

/** One line of the transcript, with the latency of its reply where there is one. */
export function row(story, line, parts) {
  const who = { caller: "Caller", agent: "Agent", keypad: "Caller's keypad" }[line.who];
  const item = element("li", { class: line.who, "data-now": line.who === "agent" && line.spoken && !line.over ? "" : null });
  item.append(element("p", { class: "by" }, element("span", { text: who }), element("time", { text: since(story, line.at), datetime: line.at })));
  const said = element("p", { class: "said" });
  const [heard, rest] = cut(line);
  said.append(heard);
  if (line.interrupted) {
    said.append(" ", element("span", { class: "cut", text: "✂ cut off here" }));
    if (rest.trim()) said.append(" ", element("s", { text: rest.trim() }));
  }
  item.append(said);
  if (line.who === "caller" && line.confidence !== null && line.confidence < 0.6) {
    item.append(element("p", { class: "unsure", text: `unsure of these words (${Math.round(line.confidence * 100)} %)` }));
  }
  const emotion = emotionOf(story, line);
  if (emotion) item.append(...mood(emotion));
  if (parts) item.append(waterfall(parts));
  return item;
}

/** How the caller came across, where that can be said, and whether the call turned with it. */
function mood({ feeling, confidence, calibrated, evidence, shift }) {
  const told = [];
  if (feeling && feeling !== "neutral") {
    const from = { voice: "by the voice alone", words: "by the words", both: "by voice and words" }[evidence] ?? "";
    const sure = calibrated ? `${Math.round(confidence * 100)} %` : "by rule";
    told.push(element("p", { class: "mood", text: `perhaps ${feeling}, ${from} (${sure})` }));
  }
  if (shift) {
    const text = shift.change === "escalation" ? `the call turned tense (${shift.severity})` : "the call came to rest again";
    told.push(element("p", { class: `mood ${shift.change}`, text }));
  }
  return told;
}

/** The words of a turn that is not over. */
export function partial(story) {
  const { text, stable, at } = story.partial;
  return element("li", { class: "caller forming", "aria-hidden": "true" },
    element("p", { class: "by" }, element("span", { text: "Caller" }), element("time", { text: since(story, at) })),
    element("p", { class: "said" }, stable, element("span", { class: "loose", text: text.slice(stable.length) }), element("span", { class: "caret" })));
}

/** Whom to call back. */
export function callBack({ phone, name }) {
  const who = name ? `${name}, ${number(phone)}` : number(phone);
  return element("li", { class: "account" }, element("p", { text: `wants a call back: ${who}` }));
}

/** How the conversation went, once it is over. */
export function account(measures) {
  const times = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;
  const told = [
    measures.replies ? `answered in ${measures.reply_p50_ms} ms (median; 19 of 20 within ${measures.reply_p95_ms} ms)` : null,
    measures.talk_ratio === undefined ? null : `caller spoke ${Math.round(measures.talk_ratio * 100)} % of the talking`,
    times(measures.interruptions, "interruption"),
    measures.false_interruptions ? `${times(measures.false_interruptions, "pause")} of the agent for nothing` : null,
    measures.false_cut_offs ? `caller cut off ${times(measures.false_cut_offs, "time")}` : null,
    `${(measures.dead_air_ms / 1000).toFixed(1)} s of dead air`,
  ];
  return element("li", { class: "account" }, element("p", { text: told.filter(Boolean).join(" · ") }));
}

const SVG = "http://www.w3.org/2000/svg";

/** Where the time of one reply went: a bar with a stretch per step, and the steps as a list when opened. */
function waterfall(parts) {
  const all = steps(parts);
  if (!all.length) return "";
  const total = parts.first_audio_sent_ms ?? all.at(-1).to;
  const scale = 100 / Math.max(800, all.at(-1).to);
  const bar = document.createElementNS(SVG, "svg");
  for (const [name, value] of [["viewBox", "0 0 100 6"], ["preserveAspectRatio", "none"], ["aria-hidden", "true"]]) bar.setAttribute(name, value);
  for (const { part, from, to } of all) {
    const stretch = document.createElementNS(SVG, "rect");
    stretch.setAttribute("class", part);
    stretch.setAttribute("x", from * scale);
    stretch.setAttribute("width", Math.max(0, (to - from) * scale));
    stretch.setAttribute("height", 6);
    bar.append(stretch);
  }
  const grade = total <= 350 ? "quick" : total <= 700 ? "fair" : "slow";
  return element("details", { class: "latency" },
    element("summary", {}, element("span", { class: grade, text: `answered in ${total} ms` }), bar),
    element("ol", {}, ...all.map(({ part, what, to }) => element("li", { class: part },
      element("span", { text: what }), element("b", { text: `${to} ms` })))));
}
