// The run that is being watched: its quarters as they are asked for, the same settings before a change, their clouds.
import { link } from "./address.js";
import { ask, facts } from "./api.js";
import { notice } from "./dom.js";
import { t } from "./words.js";

const AHEAD = 4; // quarters asked for at once
const STAY = 12; // quarters that are played at once, so that other settings are seen where one was
// ghost: the settings that these are compared with, and their quarters as far as they were known. cloud, base: pictures of these settings, and of those before.
export const state = {
  settings: null, moves: [], start: null, quarters: [], outcome: null, shown: 0, playing: false, speed: 900,
  ghost: null, cloud: null, base: null,
};
let view = { draw: () => {}, tools: () => {}, clouds: () => {}, isThere: () => false };
let timer = 0;
let cloudTimer = 0;
let loading = null;
let generation = 0;
let wanted = 0; // the quarter last asked for: quick clicks count even while quarters are on their way

export const shownBy = (page) => { view = page; };
export const usual = () => ({ scenario: "2026", root_seed: facts.seed, replicate: 0, parameters: {}, changes: [] });
const last = () => (state.start?.quarters ?? 1) - 1;
const said = (fault) => notice(t(`refused.${fault.code || "bad_request"}`), true);

// What these settings are compared with: a branch with the run before it, changed settings with their starting point.
export function before() {
  const { settings, moves } = state;
  if (settings.changes.length || moves.length) return { ...settings, changes: [] };
  if (settings.scenario === "2026-open-access") return { ...settings, scenario: "2026", parameters: {} };
  return Object.keys(settings.parameters).length ? { ...settings, parameters: {} } : null;
}

const key = (settings) => (settings ? link({ settings: { ...settings, seed: settings.root_seed } }) : "");
// Thin lines are the run before the change, where it was seen.
export const thin = () => (state.ghost && key(before()) === state.ghost.key ? state.ghost.quarters : null);
const remember = () => { if (!before()) state.ghost = { key: key(state.settings), quarters: state.quarters }; };

// The address says what is shown, for as long as the laboratory is. A file that was taken home holds one run.
export function tell() {
  if (!view.isThere()) return;
  if (facts.held) return history.replaceState(null, "", `#watch?quarter=${state.shown}`);
  const seed = state.settings.root_seed === facts.seed ? undefined : state.settings.root_seed;
  history.replaceState(null, "", `#${link({ settings: { ...state.settings, seed }, moves: state.moves, shown: state.shown })}`);
}

// What an address asks to see.
export function take({ settings, moves, shown }) {
  const wish = { ...usual(), ...settings };
  const isSame = JSON.stringify([wish, moves]) === JSON.stringify([state.settings, state.moves]);
  if (isSame && state.quarters.length > shown) { state.shown = shown; return; }
  Object.assign(state, { settings: wish, moves, start: null, quarters: [], outcome: null, ghost: null, cloud: null, base: null, shown });
  generation += 1;
}

export async function restart(keep = 0, shown = Math.min(state.shown, keep), isReset = false) {
  pause();
  const mine = ++generation;
  loading = null;
  state.quarters = state.quarters.slice(0, keep);
  Object.assign(state, { outcome: null, cloud: null, base: null });
  wanted = state.shown = Math.max(0, shown);
  const isNew = !state.start;
  view.tools(); // now, and not when the quarters are there: by then somebody may be typing
  try {
    await load(Math.max(1, keep + 1, wanted + 1));
  } catch (fault) {
    said(fault);
    if (fault.status === 422 && !isReset) { // an address, or a file, that asks for what there is not
      Object.assign(state, { settings: usual(), moves: [], ghost: null });
      return restart(0, 0, true);
    }
  }
  if (mine !== generation) return;
  state.shown = Math.max(0, Math.min(wanted, state.quarters.length - 1)); // whoever has stepped on meanwhile is not set back
  if (isNew) view.tools();
  view.draw();
  tell();
  askClouds();
}

export async function load(upto) {
  if (state.quarters.length >= upto || (state.start && state.quarters.length >= state.start.quarters && state.quarters.length)) return;
  if (loading) { await loading; return load(upto); }
  const mine = generation;
  const own = (async () => {
    const from = state.quarters.length;
    const answer = await ask("watch", { settings: state.settings, moves: state.moves, from, upto: Math.max(upto, from + 1) });
    if (mine !== generation || from !== state.quarters.length) return;
    state.start = answer.start;
    state.quarters.push(...answer.quarters);
    if (answer.outcome) state.outcome = answer.outcome;
  })();
  loading = own;
  try { await own; } finally { if (loading === own) loading = null; }
}

export async function go(quarter) {
  wanted = Math.max(0, Math.min(quarter, last()));
  try {
    await load(wanted + 1);
  } catch (fault) {
    pause();
    return said(fault);
  }
  if (!state.start) return;
  state.shown = Math.max(0, Math.min(wanted, state.quarters.length - 1));
  view.draw();
  tell();
  load(Math.min(state.shown + 1 + AHEAD, state.start.quarters)).catch(() => {});
}
export const by = (step) => { pause(); go(wanted + step); };

export function pause() {
  state.playing = false;
  clearTimeout(timer);
  view.played?.();
}

export async function play() {
  if (state.playing) return pause();
  state.playing = true;
  view.played?.();
  if (state.shown >= last()) state.shown = -1;
  const beat = async () => {
    if (!state.playing) return;
    await go(state.shown + 1);
    if (state.shown >= last()) return pause();
    timer = setTimeout(beat, state.speed);
  };
  return beat();
}

// --- other settings, and branches ------------------------------------------------------------------------------------

export function change(settings) {
  remember();
  const shown = Math.min(state.shown, STAY);
  if (settings.scenario && settings.scenario !== state.settings.scenario) state.start = null; // others may sit at the table
  state.settings = { ...state.settings, ...settings };
  if (settings.replicate === undefined) state.settings.changes = [];
  state.moves = [];
  return restart(0, shown);
}

// From the next quarter on one rule, or one decision, is another; the luck stays the same.
export async function branch(changed, move) {
  await load(state.start.quarters);
  if (state.shown >= last()) return notice(t("branch.too_late"), true);
  if (!state.settings.changes.length && !state.moves.length) state.ghost = { key: key(state.settings), quarters: state.quarters };
  if (changed) state.settings = { ...state.settings, changes: [...state.settings.changes, ...changed] };
  else state.moves = [...state.moves, move];
  await restart(state.shown + 1, state.shown);
  await load(state.start.quarters);
  view.draw();
}

export function undo() {
  Object.assign(state, { settings: { ...state.settings, changes: [] }, moves: [] });
  return restart(0, Math.min(state.shown, STAY));
}

// --- was that luck? --------------------------------------------------------------------------------------------------

export const stopAsking = () => clearTimeout(cloudTimer);

export async function askClouds() {
  clearTimeout(cloudTimer);
  if (facts.held || !view.isThere()) return;
  const mine = generation;
  const other = before();
  let isFull = false;
  try {
    const cloud = state.cloud?.runs >= state.cloud?.of ? state.cloud : await ask("cloud", { settings: state.settings });
    const base = !other || !cloud.runs || state.base?.runs >= state.base?.of ? state.base : await ask("cloud", { settings: other });
    if (mine !== generation || !view.isThere()) return;
    const isNew = state.cloud?.runs !== cloud.runs || state.base?.runs !== base?.runs;
    Object.assign(state, { cloud, base });
    if (isNew) view.clouds();
    isFull = cloud.fault || (cloud.runs >= cloud.of && (!other || base?.fault || base?.runs >= base?.of));
  } catch { /* asked again */ }
  if (!isFull && mine === generation) cloudTimer = setTimeout(askClouds, 500);
}

const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
const everywhere = (cloud) => mean(cloud.depth.map(mean));
const own = (cloud) => mean(cloud.depth.map((runs) => runs[0]));

// Before and after in one number, mean depth over the pairs: under this luck, and over all that are in.
export function effect() {
  const { cloud, base, outcome, moves } = state;
  if (!before() || !cloud?.runs || !base?.runs) return null;
  const now = outcome ? mean(outcome.map((row) => row.mean_depth)) : moves.length ? null : own(cloud);
  // A decision of one run has no cloud of its own: the cloud is of the rules alone.
  return { own: now === null ? null : [own(base), now], all: moves.length ? null : [everywhere(base), everywhere(cloud)], runs: Math.min(cloud.runs, base.runs) };
}
