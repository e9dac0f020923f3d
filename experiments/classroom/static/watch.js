// Watch: play, pause, step, rewind to any quarter, branch with one thing changed and the same luck; was that luck?
import { ask, facts } from "./api.js";
import { BLOCS, COLOURS, DASHES, DYADS, bloc, dyad, short } from "./blocs.js";
import { button, h, keepFocus, notice, put, select } from "./dom.js";
import { cloudChart, legendOf, legendOfBloc, lineChart, worldMap } from "./figures.js";
import { gameCard, minutesList } from "./minutes.js";
import { controlFor, controlOf, presets, settingsPanel, valueOf } from "./settings.js";
import { choiceName, digits, percent, t } from "./words.js";

const AHEAD = 4; // quarters asked for at once
const state = {
  settings: null, moves: [], start: null, quarters: [], outcome: null, shown: 0, playing: false, speed: 900,
  ghost: null, branches: [], cloud: null, branchName: "dialogue_ceiling", branchValue: null,
};
let parts = {};
let timer = 0;
let cloudTimer = 0;
let loading = null;
let generation = 0;
let wanted = 0; // the quarter last asked for: quick clicks count even while quarters are on their way

export function stop() {
  pause();
  clearTimeout(cloudTimer);
  parts = {};
}

export async function mount(root) {
  state.settings ??= { scenario: "2026", root_seed: facts.seed, replicate: 0, parameters: {}, changes: [] };
  root.append(
    h("h1", { class: "unseen" }, t("watch.title")),
    h("section", { class: "card" }, h("div", { class: "bar" }, (parts.line = h("div", { class: "bar grow" }))), (parts.bar = h("div", { class: "bar" })), (parts.branch = h("details", { id: "branching" }))),
    h("div", { class: "grid two wide" },
      h("section", { class: "card" }, h("h2", {}, t("watch.map")), (parts.map = h("div", { class: "map" }))),
      h("section", { class: "card" }, h("h2", {}, t("watch.table")), (parts.minutes = h("div", {}))),
      h("section", { class: "card" }, h("h2", {}, t("watch.settings")), (parts.settings = h("div", {})))),
    (parts.cloud = h("section", { class: "card grid" })),
    h("section", { class: "card grid" }, h("h2", {}, t("watch.series")), (parts.charts = h("div", { class: "charts" }))),
    (parts.games = h("div", { class: "grid three" })),
  );
  drawTools();
  drawSettings();
  if (state.quarters.length) draw();
  else await restart();
  askCloud();
}

// --- the run -----------------------------------------------------------------------------------------------------

async function restart(keep = 0) {
  pause();
  const mine = ++generation;
  loading = null;
  const kept = state.quarters.slice(0, keep);
  state.quarters = kept;
  state.outcome = null;
  state.cloud = null;
  wanted = state.shown = Math.max(0, Math.min(state.shown, keep));
  try {
    await load(Math.max(1, keep + 1));
  } catch (fault) {
    notice(t(`refused.${fault.code}`), true);
  }
  if (mine !== generation) return;
  keepFocus(drawTools);
  draw();
  askCloud();
}

async function load(upto) {
  if (state.quarters.length >= upto || (state.start && state.quarters.length >= state.start.quarters)) return;
  if (loading) { await loading; return load(upto); }
  const mine = generation;
  loading = (async () => {
    const from = state.quarters.length;
    const answer = await ask("watch", { settings: state.settings, moves: state.moves, from, upto: Math.max(upto, from + 1) });
    if (mine !== generation) return;
    state.start = answer.start;
    state.quarters.push(...answer.quarters);
    if (answer.outcome) state.outcome = answer.outcome;
  })();
  try { await loading; } finally { loading = null; }
}

async function go(quarter) {
  const last = (state.start?.quarters ?? 1) - 1;
  wanted = Math.max(0, Math.min(quarter, last));
  try {
    await load(wanted + 1);
  } catch (fault) {
    pause();
    notice(t(`refused.${fault.code}`), true);
    return;
  }
  if (!state.start) return;
  state.shown = Math.max(0, Math.min(wanted, state.quarters.length - 1));
  draw();
  load(Math.min(state.shown + 1 + AHEAD, state.start.quarters)).catch(() => {});
}

function pause() {
  state.playing = false;
  clearTimeout(timer);
  if (parts.play) parts.play.textContent = t("watch.play");
}

async function play() {
  if (state.playing) return pause();
  state.playing = true;
  parts.play.textContent = t("watch.pause");
  if (state.shown >= state.start.quarters - 1) state.shown = -1;
  const beat = async () => {
    if (!state.playing) return;
    await go(state.shown + 1);
    if (state.shown >= state.start.quarters - 1) return pause();
    timer = setTimeout(beat, state.speed);
  };
  return beat();
}

// --- tools -------------------------------------------------------------------------------------------------------

// Draw the quarter afterwards: what shows it is made anew here.
function drawTools() {
  if (!parts.bar) return;
  put(parts.bar,
    h("label", {}, t("settings.scenario"), " ", presets(state.settings, (name) => change({ scenario: name, parameters: {}, changes: [] }), "scenario")),
    h("label", {}, t("watch.luck"), " ", h("input", { type: "number", id: "replicate", min: 0, max: 99999, step: 1, value: state.settings.replicate,
      onchange: (event) => change({ replicate: Math.max(0, Math.min(99999, Math.floor(Number(event.target.value) || 0))) }) })),
    button(t("watch.other_luck"), () => change({ replicate: (state.settings.replicate + 1) % 100000 }), { id: "other-luck" }),
    h("details", { id: "files" }, h("summary", {}, t("watch.files")), h("div", { class: "bar" },
      button(t("watch.export"), exportRun, { id: "export" }),
      h("label", {}, t("watch.replay"), " ", h("input", { type: "file", id: "replay", accept: ".json,application/json", onchange: replayFile })))));
  put(parts.line,
    button("|◀", () => { pause(); go(0); }, { id: "rewind", "aria-label": t("watch.rewind"), title: t("watch.rewind") }),
    button("◀", () => { pause(); go(wanted - 1); }, { id: "back", "aria-label": t("watch.back"), title: t("watch.back") }),
    (parts.play = button(t(state.playing ? "watch.pause" : "watch.play"), play, { id: "play", class: "main" })),
    button("▶", () => { pause(); go(wanted + 1); }, { id: "step", "aria-label": t("watch.step"), title: t("watch.step") }),
    (parts.now = h("span", { class: "now", id: "now", "aria-live": "polite" })),
    h("div", { class: "grow" }, (parts.slider = h("input", { type: "range", id: "quarter", min: 0, step: 1, "aria-label": t("watch.quarter"),
      oninput: (event) => { pause(); go(Number(event.target.value)); } }))),
    h("label", {}, t("watch.speed"), " ", select([[1600, t("watch.slow")], [900, t("watch.usual")], [350, t("watch.fast")]], state.speed, (value) => { state.speed = Number(value); }, { id: "speed" })));
  drawBranch();
}

function drawBranch() {
  const names = facts.controls.filter((one) => one.branch).map((one) => one.name);
  const control = controlOf(state.branchName);
  const value = state.branchValue ?? valueOf(state.settings, state.branchName);
  const open = parts.branch.open;
  put(parts.branch,
    h("summary", {}, t("branch.title"), state.branches.length ? ` (${state.branches.length})` : ""),
    h("p", {}, t("branch.help")),
    h("div", { class: "bar" },
      select(names.map((name) => [name, t(`control.${name}`)]), state.branchName, (name) => { state.branchName = name; state.branchValue = null; keepFocus(drawBranch); }, { id: "branch-name", "aria-label": t("branch.what") }),
      h("div", { class: "grow" }, controlFor(control, value, (chosen) => { state.branchValue = chosen; }, false, "branch")),
      button(t("branch.parameter"), () => branch([[state.shown + 1, state.branchName, state.branchValue ?? value]], null), { id: "branch-go", class: "main" })),
    h("div", { class: "bar" }, t("branch.or"), decisionTool()),
    h("ul", { class: "plain" }, state.branches.map((line) => h("li", {}, line))),
    state.ghost && button(t("branch.undo"), undo, { id: "branch-undo" }));
  parts.branch.open = open;
}

const decision = { dyad: 0, side: 0, what: "lapse" };
function decisionTool() {
  return h("span", { class: "bar" },
    select(DYADS.map((_, d) => [d, dyad(d)]), decision.dyad, (d) => { decision.dyad = Number(d); keepFocus(drawBranch); }, { id: "decide-pair", "aria-label": t("branch.pair") }),
    select(DYADS[decision.dyad].map((b, side) => [side, bloc(b)]), decision.side, (side) => { decision.side = Number(side); }, { id: "decide-side", "aria-label": t("branch.who") }),
    select(["lapse", "leave", "honour"].map((what) => [what, t(`branch.${what}`)]), decision.what, (what) => { decision.what = what; }, { id: "decide-what", "aria-label": t("branch.what") }),
    button(t("branch.decision"), () => {
      const next = state.shown + 1;
      const b = DYADS[decision.dyad][decision.side];
      if (!state.quarters[state.shown].dyads[decision.dyad].treaty) return notice(t("branch.no_treaty"), true);
      branch(null, [next, decision.dyad, b, "keep", 0, decision.what]);
    }, { id: "decide-go" }));
}

async function branch(changes, move) {
  await load(state.start.quarters);
  if (state.shown + 1 >= state.start.quarters) return notice(t("branch.too_late"), true);
  state.ghost ??= { quarters: state.quarters, settings: state.settings, moves: state.moves };
  const label = state.start.labels[state.shown + 1];
  if (changes) {
    state.settings = { ...state.settings, changes: [...state.settings.changes, ...changes] };
    state.branches.push(t("branch.from", { quarter: label, what: `${t(`control.${changes[0][1]}`)} = ${said(changes[0][2])}` }));
  } else {
    state.moves = [...state.moves, move];
    state.branches.push(t("branch.from", { quarter: label, what: `${bloc(move[2])}: ${t(`branch.${move[5]}`)}` }));
  }
  await restart(state.shown + 1);
  await load(state.start.quarters);
  draw();
}

const said = (value) => (typeof value === "number" ? digits(value, 2) : typeof value === "boolean" ? t(value ? "yes" : "no") : choiceName(value));

async function undo() {
  state.settings = state.ghost.settings;
  state.moves = state.ghost.moves;
  state.ghost = null;
  state.branches = [];
  await restart();
}

function change(settings) {
  state.settings = { ...state.settings, ...settings };
  state.moves = [];
  state.ghost = null;
  state.branches = [];
  if (settings.replicate === undefined) state.settings.changes = [];
  keepFocus(() => { drawTools(); drawSettings(); });
  draw();
  return restart();
}

function drawSettings() {
  put(parts.settings, h("p", { class: "soft" }, t("settings.help")),
    settingsPanel(state.settings, (parameters) => change({ parameters })));
}

// --- export and replay -------------------------------------------------------------------------------------------

async function exportRun() {
  try {
    const answer = await ask("export", { settings: state.settings, moves: state.moves });
    save(answer, `detente-${state.settings.scenario}-${state.settings.replicate}.json`);
  } catch (fault) {
    notice(t(`refused.${fault.code}`), true);
  }
}

export function save(data, name) {
  const link = h("a", { href: URL.createObjectURL(new Blob([JSON.stringify(data, null, 1)], { type: "application/json" })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function replayFile(event) {
  const file = event.target.files[0];
  if (!file) return;
  try {
    if (file.size > 60000) throw Object.assign(new Error(), { code: "bad_request" });
    const data = JSON.parse(await file.text());
    const answer = await ask("replay", { export: data });
    notice(t(answer.same ? "watch.same" : "watch.not_same", { quarters: answer.played }), !answer.same);
    state.settings = { changes: [], parameters: {}, ...data.settings };
    delete state.settings.quarters;
    state.moves = data.moves;
    state.ghost = null;
    drawSettings();
    await restart();
  } catch (fault) {
    notice(t(`refused.${fault.code || "bad_request"}`), true);
  }
}

// --- drawing -----------------------------------------------------------------------------------------------------

function draw() {
  const quarter = state.quarters[state.shown];
  if (!quarter || !parts.map) return;
  parts.now.textContent = quarter.label;
  parts.slider.max = state.start.quarters - 1;
  parts.slider.value = state.shown;
  parts.slider.setAttribute("aria-valuetext", quarter.label);
  put(parts.map, worldMap(quarter));
  put(parts.minutes, minutesList(quarter.events));
  put(parts.charts, charts(state.quarters, state.shown, state.start.labels, state.ghost?.quarters));
  put(parts.games, quarter.dyads.map((row, d) => gameCard(row.game, d)));
  drawCloud();
}

export function charts(quarters, shown, labels, ghost) {
  const upto = quarters.slice(0, shown + 1);
  const series = (pick, looks) => looks.map((look, k) => ({ ...look, values: upto.map((q) => pick(q, k)), ghost: ghost?.map((q) => pick(q, k)) }));
  const pairs = DYADS.map((_, d) => legendOf(d));
  const blocs = BLOCS.map((_, b) => legendOfBloc(b));
  const arrows = DYADS.flatMap(([i, j]) => [[i, j], [j, i]]).map(([i, j]) => ({ colour: COLOURS[i], dash: DASHES[j], name: `${short(i)}←${short(j)}` }));
  const one = [{ colour: "#333", dash: "", name: "" }];
  const whole = (v) => percent(v);
  const draw_ = (title, pick, looks, format, range) => lineChart(title, labels, series(pick, looks), shown, format, range);
  return [
    draw_(t("chart.depth"), (q, d) => q.dyads[d].depth, pairs, whole, [0, 1]),
    draw_(t("chart.duties"), (q, k) => q.directed[k].duty_ev, arrows, whole, [0, 0.5]),
    draw_(t("chart.tension"), (q, d) => q.dyads[d].tension, pairs, whole, [0, 1]),
    draw_(t("chart.ev_share"), (q, b) => q.blocs[b].ev_share, blocs, whole, [0, 1]),
    draw_(t("chart.battery"), (q) => q.world.battery_cost, one, (v) => digits(v, 0)),
    draw_(t("chart.co2"), (q) => q.world.co2_saved, one, (v) => digits(v, 0), [0, 1]),
  ];
}

// --- was that luck? ----------------------------------------------------------------------------------------------

async function askCloud() {
  clearTimeout(cloudTimer);
  if (!parts.cloud) return;
  const mine = generation;
  try {
    const cloud = await ask("cloud", { settings: state.settings });
    if (mine !== generation || !parts.cloud) return;
    const isNew = state.cloud?.runs !== cloud.runs;
    state.cloud = cloud;
    if (isNew) drawCloud();
    if (cloud.runs < cloud.of && !cloud.fault) cloudTimer = setTimeout(askCloud, 500);
  } catch (fault) {
    cloudTimer = setTimeout(askCloud, 2000);
  }
}

function drawCloud() {
  const cloud = state.cloud;
  const runs = cloud ? cloud.runs : 0;
  const mine = (d) => (state.outcome ? state.outcome[d].mean_depth : runs && !state.moves.length ? cloud.depth[d][0] : null);
  const place = (d) => t("cloud.place", { share: percent(cloud.depth[d].filter((v) => v < mine(d)).length / runs) });
  put(parts.cloud,
    h("h2", {}, t("cloud.title")),
    h("p", {}, t("cloud.help", { runs: digits(runs, 0), of: cloud ? digits(cloud.of, 0) : "…" }), " ", t("cloud.meaning"), cloud?.fault ? ` ${t("cloud.fault")}` : ""),
    runs ? h("div", { class: "charts", id: "cloud", "data-runs": runs }, DYADS.map((_, d) => h("div", {},
      cloudChart(cloud, d, mine(d), t("cloud.mine")), mine(d) !== null && h("p", { class: "soft" }, place(d))))) : h("p", { class: "soft" }, t("cloud.waiting")));
}
