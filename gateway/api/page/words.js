// How numbers, names and times are written for people.

/** A number as people write it: the North American ones in groups, others as they are. */
export function number(address) {
  const found = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(address);
  return found ? `+1 ${found[1]} ${found[2]} ${found[3]}` : address;
}

export function words(id) {
  const text = id.replaceAll("-", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function name(id) {
  return id.split("-").map(words).join(" ");
}

const format = (options) => new Intl.DateTimeFormat(undefined, options);
const CLOCK = format({ hour: "numeric", minute: "2-digit" });
const DAY = format({ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const LOCAL = format({ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit", timeZone: "UTC" });

export const clock = (at) => (at ? CLOCK.format(new Date(at)) : "");
export const day = (at) => DAY.format(new Date(at));
/** The tenant's own clock, whatever this browser's is. */
export const local = (at) => LOCAL.format(new Date(`${at.slice(0, 19)}Z`));

function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
export const duration = ({ started, ended }) => (started ? span(Date.parse(ended ?? new Date()) - Date.parse(started)) : "");
export const since = ({ started }, at) => (started ? span(Date.parse(at) - Date.parse(started)) : clock(at));
