// The first screen: keep or withdraw. One tap, five quarters against the model, then the rain of other luck, three doors.
import { link } from "./address.js";
import { ask, facts } from "./api.js";
import { DYADS, eventLine, seat } from "./blocs.js";
import { button, h, keepFocus, notice, put } from "./dom.js";
import { glide, isStill, travel } from "./motion.js";
import { blocsScene, moveMoney, rain, shareBelow } from "./scene.js";
import { cash, gap, signedCash, t } from "./words.js";

const BEAT = 3400; // ms for a quarter
const KEEP = "K", WITHDRAW = "W";
const US = 1;
const state = { stage: "ask", luck: 0, wish: KEEP, counted: "", choices: "", labels: [], quarters: [], paused: false, busy: false, cloud: null, other: null, rained: 0 };
let parts = {};
let timer = 0;
let cloudTimer = 0;
let stopGlide = () => {};
let round = 0;

const draw_luck = () => Math.floor(Math.random() * (facts.opening?.runs ?? 520)); // one of the shared lucks: its run is in the cloud anyway
const length = () => facts.opening?.quarters ?? 5;

export function stop() {
  clearTimeout(timer);
  clearTimeout(cloudTimer);
  stopGlide();
  removeEventListener("resize", resized);
  parts = {};
}

export function mount(root) {
  seat(); // its game is that of the three
  root.append((parts.page = h("section", { id: "start", class: "poster" })));
  addEventListener("resize", resized);
  draw();
  if (state.stage === "play" && !state.busy && !state.paused) timer = setTimeout(next, BEAT / 2);
  if (state.stage === "cloud") askCloud();
}

// The first screen as the first answer has drawn it: it stays as it stands, so that no tap is lost; only the sky is as wide
// as there is room for. Whoever has tapped already plays.
export function adopt(page) {
  parts.page = page;
  parts.scene = page.querySelector(".sky");
  addEventListener("resize", resized);
  for (const [id, wish] of [["keep", KEEP], ["withdraw", WITHDRAW]]) {
    const one = document.getElementById(id);
    one.addEventListener("click", () => choose(wish));
    if (one.getAttribute("aria-pressed") === "true") choose(wish);
  }
  if (state.stage === "ask") put(parts.scene, blocsScene(parts.scene, null, totals(), US, []));
}

const resized = () => { if (state.stage !== "play" || state.paused) draw(); };

function again() {
  round += 1;
  Object.assign(state, { stage: "ask", choices: "", quarters: [], paused: false, busy: false, cloud: null, other: null, rained: 0, luck: draw_luck() });
  draw();
  document.getElementById("keep").focus();
}

// --- five quarters -------------------------------------------------------------------------------------------------

const pairsOf = () => DYADS.map((pair, d) => (pair.includes(US) ? d : -1)).filter((d) => d >= 0);
const movesOf = (choices) => [...choices].flatMap((choice, quarter) => pairsOf().map((d) => [quarter, d, US, "keep", 0, choice === KEEP ? "honour" : "lapse"]));
const settings = (quarters) => ({ scenario: "2026", replicate: state.luck, quarters });

function choose(wish) {
  state.wish = wish;
  mark();
  if (state.stage !== "ask") return;
  if (!facts.visitor) { state.tapped = true; return; } // the server has not answered yet: it begins when it has
  state.luck = draw_luck();
  state.stage = "play";
  keepFocus(draw);
  next();
}

// What the two buttons are for now: the next quarter that nobody has asked the server for, and none after the last.
function mark() {
  const decided = state.choices.length + (state.busy ? 1 : 0);
  const isOver = decided >= length();
  for (const [id, one] of [["keep", KEEP], ["withdraw", WITHDRAW]]) {
    const button = document.getElementById(id);
    button.setAttribute("aria-pressed", String(one === (isOver ? state.counted : state.wish)));
    button.disabled = isOver;
  }
  const line = document.getElementById("decides");
  if (line) line.textContent = isOver ? t("start.decided", { of: length() }) : state.labels[decided] ? t("start.next", { label: state.labels[decided] }) : "";
}

// The server is there: whoever has tapped already plays.
export const arrived = () => { if (parts.page && state.tapped && state.stage === "ask") choose(state.wish); };

async function next() {
  clearTimeout(timer);
  if (!parts.page || state.paused || state.busy) return;
  if (state.choices.length >= length()) return end();
  state.busy = true;
  const mine = round;
  const choices = state.choices + state.wish;
  state.counted = state.wish;
  mark();
  try {
    const k = choices.length - 1;
    const answer = await ask("watch", { settings: settings(length()), moves: movesOf(choices), from: k, upto: k + 1 });
    if (mine !== round) return;
    state.choices = choices;
    state.busy = false;
    state.labels = answer.start.labels;
    state.quarters.push(answer.quarters[0]);
    draw();
    if (parts.scene) moveMoney(parts.scene.firstChild, answer.quarters[0], BEAT * 0.75);
    // The cloud of these choices is begun while they are still being played, as if the last one were repeated.
    if (choices.length >= length() - 2) for (const one of [choices.padEnd(length(), state.wish), KEEP.repeat(length())]) ask("opening", { luck: state.luck, choices: one }).catch(() => {});
  } catch (fault) {
    notice(t(`refused.${fault.code}`), true);
  } finally {
    if (mine === round) state.busy = false;
    if (mine === round && parts.page && state.stage === "play") mark();
  }
  if (mine === round && parts.page && !state.paused) timer = setTimeout(next, BEAT);
}

function pause() {
  state.paused = !state.paused;
  clearTimeout(timer);
  keepFocus(draw);
  if (!state.paused) next();
}

// What this quarter's page of the story says: who withdrew, what ended, what entered into force.
function headline(quarter) {
  const told = quarter.events.filter((one) => ["ends", "lapses", "in_force"].includes(one.kind) && !(one.kind === "lapses" && DYADS[one.dyad][one.side] === US));
  const order = ["ends", "lapses", "in_force"];
  told.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  return told.length ? eventLine(told[0]) : "";
}

function totals() {
  const sums = [0, 0, 0];
  for (const quarter of state.quarters)
    DYADS.forEach(([i, j], d) => { sums[i] += quarter.dyads[d].gain_first / 4; sums[j] += quarter.dyads[d].gain_second / 4; });
  return sums;
}

// --- drawing -------------------------------------------------------------------------------------------------------

function draw() {
  if (!parts.page) return;
  stopGlide();
  document.documentElement.dataset.stage = state.stage;
  if (state.stage === "cloud") return drawCloud();
  const quarter = state.quarters[state.quarters.length - 1] ?? null;
  const broken = quarter ? quarter.events.filter((one) => one.kind === "lapses").map((one) => [one.dyad, DYADS[one.dyad][one.side]]) : [];
  put(parts.page,
    h("h1", { id: "question" }, quarter ? t("start.quarter", { n: state.quarters.length, of: length(), label: quarter.label }) : t("start.question")),
    (parts.scene = h("div", { class: "sky" })),
    h("p", { id: "told", role: "status" }, quarter ? `${t(state.choices.at(-1) === KEEP ? "start.kept" : "start.withdrew", { gain: signedCash(gainOf(quarter)) })}${gap()}${headline(quarter)}` : ""),
    h("div", { class: "bar decide" },
      state.stage === "play" && h("p", { id: "decides" }),
      button(t("start.keep"), () => choose(KEEP), { id: "keep", class: "big keep" }),
      button(t("start.withdraw"), () => choose(WITHDRAW), { id: "withdraw", class: "big withdraw" }),
      state.stage === "play" && button(t(state.paused ? "start.on" : "start.pause"), pause, { id: "pause", class: "big" })));
  if (state.stage === "play") mark();
  parts.scene.append(blocsScene(parts.scene, quarter, totals(), US, broken));
}

const gainOf = (quarter) => DYADS.reduce((sum, pair, d) => sum + (pair.includes(US) ? quarter.dyads[d][pair[0] === US ? "gain_first" : "gain_second"] / 4 : 0), 0);

// --- the camera draws back -------------------------------------------------------------------------------------------

function end() {
  state.stage = "cloud";
  draw();
  document.getElementById("question").focus({ preventScroll: true });
  askCloud();
}

const otherChoices = () => (state.choices === KEEP.repeat(length()) ? WITHDRAW : KEEP).repeat(length());

async function askCloud() {
  clearTimeout(cloudTimer);
  if (!parts.page) return;
  const mine = round;
  let isFull = false;
  try {
    const cloud = await ask("opening", { luck: state.luck, choices: state.choices });
    const other = await ask("opening", { luck: state.luck, choices: otherChoices() });
    if (mine !== round || !parts.page || state.stage !== "cloud") return;
    const isNew = cloud.runs !== state.cloud?.runs || other.runs !== state.other?.runs;
    state.cloud = cloud;
    state.other = other;
    if (isNew && cloud.runs && other.runs) draw();
    isFull = cloud.fault || (cloud.runs >= cloud.of && other.runs >= other.of);
  } catch { /* asked again */ }
  if (!isFull && mine === round) cloudTimer = setTimeout(askCloud, 600);
}

const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;

function drawCloud() {
  const cloud = state.cloud?.runs && state.other?.runs ? state.cloud : null;
  const last = cloud?.totals.at(-1);
  const other = cloud && { mean: mean(state.other.totals.at(-1)), ends: state.other.totals.at(-1) };
  const always = t(otherChoices()[0] === KEEP ? "start.always_keep" : "start.always_withdraw");
  if (other) other.name = always;
  keepFocus(() => put(parts.page,
    h("h1", { id: "question", tabindex: -1 }, t("start.luck")),
    (parts.scene = h("div", { class: "sky", id: "rain", "data-runs": cloud?.runs ?? 0 }, cloud ? null : h("p", { class: "soft" }, t("cloud.waiting")))),
    h("p", { id: "told", role: "status" }, cloud ? [t("start.place", { runs: cloud.runs, share: shareBelow(last) }), other ? gap() + t("start.means", { mine: cash(mean(last)), always, other: cash(other.mean) }) : ""] : ""),
    h("div", { class: "doors" },
      door("class", "sit"), door("puzzles", "learn"),
      door("lab", link({ settings: { scenario: "2026", replicate: state.luck, parameters: {}, changes: [] }, moves: movesOf(state.choices), shown: length() - 1 })),
      button(t("start.again"), again, { id: "again-start" }))));
  if (!cloud) return;
  parts.scene.append(rain(parts.scene, cloud.totals, state.quarters.map((q) => q.label), other));
  if (state.rained < cloud.runs) openSky(parts.scene.firstChild, cloud.runs);
}

const door = (name, hash) => button([h("strong", {}, t(`door.${name}`)), h("span", {}, t(`door.${name}_text`))], () => { location.hash = hash; }, { id: `door-${name}`, class: "door" });

// The camera goes once from the own line to all of them; every run falls once to where it ended.
function openSky(svg, runs) {
  const before = state.rained;
  state.rained = runs;
  if (isStill()) return;
  const wait = before ? 0 : 1400;
  [...svg.querySelectorAll(".drops circle")].slice(Math.max(0, before - 1)).forEach((drop, k) =>
    travel(drop, drop.dataset.from.split(" ").map(Number), 700, wait + (k % 97) * 14, { opacity: wait ? 0 : 1 }));
  if (before) return;
  const [from, to] = [svg.dataset.close, svg.dataset.full].map((text) => text.split(" ").map(Number));
  stopGlide = glide(1500, (share) => svg.setAttribute("viewBox", from.map((v, k) => v + (to[k] - v) * share).join(" ")));
  svg.querySelector(".other")?.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 400, delay: wait + 1600, fill: "backwards" });
}
