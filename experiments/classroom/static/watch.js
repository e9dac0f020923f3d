// The laboratory: the map and the cloud side by side, the scrubber, charts below; settings in a drawer behind five presets.
import { facts } from "./api.js";
import { DYADS, dyad, seat } from "./blocs.js";
import { charts } from "./charts.js";
import { button, h, keepFocus, put, select } from "./dom.js";
import { drawDrawer, drawGuess, drawer, stopDrawer } from "./drawer.js";
import { branchLines } from "./drawer_words.js";
import { estimated, everywhere, load as loadEmulator } from "./estimate.js";
import { saveTools } from "./figure_files.js";
import { cloudChart, worldMap } from "./figures.js";
import { gameCard, gameHelp, minutesList } from "./minutes.js";
import { PRESETS, isOn } from "./presets.js";
import { askClouds, before, by, change, effect, go, pause, play, restart, shownBy, state, stopAsking, take, tell, thin, usual } from "./run.js";
import { colon, digits, gap, percent, t } from "./words.js";

const BELOW = ["charts", "table", "games"];
const look = { isOpen: false, below: "charts" };
let parts = {};

shownBy({ draw, tools: () => keepFocus(drawTools), clouds: drawCloud, isThere: () => Boolean(parts.map),
  played: () => { if (parts.play) put(parts.play, state.playing ? t("watch.pause") : t("watch.play")); } });

export function stop() {
  pause();
  stopAsking();
  stopDrawer();
  parts = {};
  document.body.classList.remove("open");
}

export async function mount(root, wanted) {
  const isHeld = Boolean(facts.held); // a file that was taken home: what it holds is looked at, and nothing changed
  state.settings ??= usual();
  if (wanted) take(wanted);
  root.append(
    h("h1", { class: "unseen" }, t("watch.title")),
    h("div", { class: "lab" },
      isHeld ? null : (parts.presets = h("div", { class: "bar presets", role: "group", "aria-label": t("preset.group") })),
      h("section", { class: "card map" }, h("div", { class: "head" }, h("h2", {}, t("watch.map")), saveTools("map", t("watch.map"), () => parts.map, mapRows)), (parts.map = h("div", { class: "fit" }))),
      h("section", { class: "card cloud" }, h("div", { class: "head" }, h("h2", {}, t("cloud.title")), saveTools("cloud", t("cloud.title"), () => parts.cloud, cloudRows)),
        (parts.told = h("p", { class: "soft" })), (parts.cloud = h("div", { class: "clouds", id: "cloud-box" })),
        h("details", { id: "counted" }, h("summary", {}, t("cloud.counted")), ["help_long", "meaning", "dialogue"].map((part) => h("p", {}, t(`cloud.${part}`))))),
      h("section", { class: "card scrub" }, (parts.line = h("div", { class: "bar" })), (parts.effect = h("p", { id: "effect", role: "status", hidden: isHeld })))),
    h("div", { class: "bar below", role: "group", "aria-label": t("watch.below") }, BELOW.map((name) =>
      button(t(`below.${name}`), () => { look.below = name; drawBelow(); }, { id: `below-${name}` }))),
    (parts.below = h("div", { id: "below" })),
    ...(isHeld ? [] : [(parts.drawer = drawer(look.isOpen, () => open(false), guess))]));
  drawTools();
  open(look.isOpen, false);
  loadEmulator(drawCloud);
  if (state.quarters.length > state.shown) { draw(); tell(); askClouds(); }
  else await restart(0, state.shown);
}

// --- tools -------------------------------------------------------------------------------------------------------

function open(isOpen, moves = true) {
  look.isOpen = isOpen;
  if (!parts.drawer) return;
  parts.drawer.hidden = !isOpen;
  document.body.classList.toggle("open", isOpen);
  document.getElementById("open-settings").setAttribute("aria-expanded", String(isOpen));
  drawCloud(); // as wide as there is room for
  if (moves) document.getElementById(isOpen ? "drawer-title" : "open-settings").focus();
}

function branching() {
  pause();
  open(true);
  document.getElementById("branching").open = true;
  document.getElementById("branch-name").focus();
}

// A preset is taken back by the same button.
const choose = (preset) => (isOn(preset, state.settings)
  ? change({ scenario: "2026", parameters: {}, changes: [] })
  : change({ scenario: preset.scenario, parameters: preset.parameters, changes: [] }));

function drawTools() {
  if (!parts.line) return;
  seat(state.start);
  parts.moving = null;
  if (parts.presets) put(parts.presets,
    PRESETS.map((one) => button(t(`preset.${one.key}`), () => choose(one), { id: `preset-${one.key}`, class: "preset", title: t(`preset.${one.key}_text`), "aria-pressed": String(isOn(one, state.settings)) })),
    button(t("watch.all_settings"), () => open(!look.isOpen), { id: "open-settings", "aria-expanded": String(look.isOpen), "aria-controls": "drawer" }));
  put(parts.line,
    button("|◀", () => { pause(); go(0); }, { id: "rewind", "aria-label": t("watch.rewind"), title: t("watch.rewind") }),
    button("◀", () => by(-1), { id: "back", "aria-label": t("watch.back"), title: t("watch.back") }),
    (parts.play = button(t(state.playing ? "watch.pause" : "watch.play"), play, { id: "play", class: "main" })),
    button("▶", () => by(1), { id: "step", "aria-label": t("watch.step"), title: t("watch.step") }),
    (parts.now = h("span", { class: "now", id: "now", "aria-live": "polite" })),
    h("div", { class: "grow" }, (parts.slider = h("input", { type: "range", id: "quarter", min: 0, step: 1, "aria-label": t("watch.quarter"),
      oninput: (event) => { pause(); go(Number(event.target.value)); } }))),
    select([[1600, t("watch.slow")], [900, t("watch.usual")], [350, t("watch.fast")]], state.speed, (value) => { state.speed = Number(value); }, { id: "speed", "aria-label": t("watch.speed") }),
    facts.held ? null : button(t("branch.open"), branching, { id: "open-branching" }));
  drawDrawer();
}

// --- drawing -----------------------------------------------------------------------------------------------------

function draw() {
  const quarter = state.quarters[state.shown];
  if (!quarter || !parts.map) return;
  seat(state.start);
  parts.now.textContent = quarter.label;
  parts.slider.max = state.start.quarters - 1;
  parts.slider.value = state.shown;
  parts.slider.setAttribute("aria-valuetext", quarter.label);
  put(parts.map, worldMap(quarter));
  drawBelow();
  drawCloud();
}

function drawBelow() {
  const quarter = state.quarters[state.shown];
  if (!quarter || !parts.below) return;
  for (const name of BELOW) document.getElementById(`below-${name}`).setAttribute("aria-pressed", String(name === look.below));
  const tools = (name, title, rows) => saveTools(name, title, () => document.getElementById(`box-${name}`), rows);
  const open_ = [...parts.below.querySelectorAll("details[open]")].map((one) => one.id).filter(Boolean);
  keepFocus(() => put(parts.below, look.below === "charts"
    ? h("div", { class: "charts card" }, charts(state.quarters, state.shown, state.start.labels.slice(0, state.start.quarters), thin() ?? state.quarters, tools))
    : look.below === "table" ? h("section", { class: "card" }, minutesList(quarter.events))
      : [gameHelp(), h("div", { class: "grid three" }, quarter.dyads.map((row, d) => gameCard(row.game, d)))]));
  for (const id of open_) document.getElementById(id)?.setAttribute("open", "");
}

const mapRows = () => [["quarter", "pair", "treaty", "depth", "tension", "dialogue", "duty of the first", "duty of the second"],
  ...state.quarters[state.shown].dyads.map((row, d) => [state.quarters[state.shown].label, dyad(d), row.treaty ? 1 : 0, row.depth, row.tension, row.dialogue,
    state.quarters[state.shown].directed[2 * d].duty_ev, state.quarters[state.shown].directed[2 * d + 1].duty_ev])];
const cloudRows = () => [["run", ...DYADS.map((_, d) => dyad(d))], ...(state.cloud?.depth[0] ?? []).map((_, run) => [run ? "other luck" : "this luck", ...DYADS.map((_pair, d) => state.cloud.depth[d][run])])];

// What the emulator says of the settings that are shown, or of those that a slider is just being moved to.
const guessed = () => parts.moving ?? estimated(state.settings, state.moves);
function guess(parameters) {
  parts.moving = estimated({ ...state.settings, parameters, changes: [] });
  if (parts.moving) drawCloud();
}

function drawCloud() {
  if (!parts.cloud) return;
  seat(state.start);
  const cloud = state.cloud;
  const said = guessed();
  const runs = cloud ? cloud.runs : 0;
  const mine = (d) => (state.outcome ? state.outcome[d].mean_depth : runs && !state.moves.length ? cloud.depth[d][0] : null);
  const strip = (d, played) => cloudChart(played, d, played ? mine(d) : null, t("cloud.mine"), played && state.base?.runs ? state.base.depth[d] : null, said?.pairs?.[d]);
  // All strips first, which ask how wide the page is: after a change of the page it would be laid out for each of them.
  const shown = runs || said?.pairs ? h("div", { id: "cloud", class: DYADS.length > 3 ? "many" : "", "data-runs": runs }, DYADS.map((_, d) => strip(d, runs ? cloud : null))) : null;
  const beside = said?.pairs ? [h("p", { class: "soft" }, h("strong", {}, t("estimate.title")), colon(), t("estimate.help")), DYADS.map((_, d) => strip(d, null))] : said?.why ? h("p", { class: "soft" }, t(`estimate.${said.why}`)) : null;
  put(parts.told, runs ? t("cloud.help", { runs: digits(runs, 0), of: digits(cloud.of, 0) }) : t("cloud.waiting"), cloud?.fault ? [gap(), t("cloud.fault")] : "", said?.pairs ? [gap(), runs ? [t("estimate.bars"), gap()] : "", t("estimate.help")] : "");
  put(parts.cloud, shown);
  drawEffect(said);
  drawGuess(beside);
}

function drawEffect(said) {
  const found = effect();
  const [one, two] = said?.pairs && before() && !state.moves.length ? [everywhere(estimated(before())), everywhere(said)] : [null, null];
  const pair = ([one, two]) => ({ before: percent(one), after: percent(two) });
  const lines = branchLines();
  put(parts.effect,
    !before() ? t("effect.none") : !found ? t("effect.waiting") : [
      found.own && h("strong", { id: "effect-own" }, t("effect.own", pair(found.own))),
      found.own && found.all ? t("comma") : "",
      found.all && h("span", { id: "effect-all" }, t("effect.all", { ...pair(found.all), runs: digits(found.runs, 0) }))],
    one !== null && two !== null ? [t("comma"), h("span", { id: "effect-guess", class: "soft" }, t("effect.guess", pair([one, two])))] : "",
    lines.length ? h("span", { class: "soft" }, t("comma"), lines.at(-1)) : "");
}
