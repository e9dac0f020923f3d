// The frame of a file that was taken home: its parts, the language, and which part is shown. The address after # says
// which: #watch?quarter=7, #learn?chapter=noise, #estimate?set=generosity:0.9
import { read } from "./address.js";
import { ask, facts, room, run } from "./held.js";
import { DYADS, bloc, dyad, seat, short } from "./blocs.js";
import { debrief, outcomes } from "./debrief.js";
import { add, button, h, keepFocus, put, wide } from "./dom.js";
import { estimated, inputs, load, told } from "./estimate.js";
import { said as inWords } from "./drawer_words.js";
import { save, saveTools } from "./figure_files.js";
import { cloudChart } from "./figures.js";
import * as learn from "./learn.js";
import { minutesList } from "./minutes.js";
import { state } from "./run.js";
import { controlFor, controlOf } from "./settings.js";
import * as terms from "./terms.js";
import { colon, digits, gap, has, percent, rateOf, sentence, signedMoney, speak, t } from "./words.js";
import * as watch from "./watch.js";

seat(run.start);
const page = document.documentElement;
const whatIf = { scenario: run.settings.scenario, parameters: {}, changes: [] };
let current = "watch";

// --- the protocol: every quarter, who offered what, and why it was refused ---------------------------------------------

const quarterRows = (quarter) => wide(quarter.label, h("table", { class: "wide" },
  h("thead", {}, h("tr", {}, ["debrief.pair", "home.treaty", "map.depth", "map.tension", "home.duties", "home.gain"].map((key) => h("th", { scope: "col" }, sentence(t(key)))))),
  h("tbody", {}, quarter.dyads.map((row, d) => h("tr", {}, h("th", { class: "left", scope: "row" }, dyad(d)), h("td", {}, t(row.treaty ? "yes" : "no")),
    h("td", {}, percent(row.depth)), h("td", {}, percent(row.tension)),
    h("td", {}, DYADS[d].map((b, side) => `${short(b)} ${rateOf(quarter.directed[2 * d + side].duty_ev)}`).join(t("comma"))), h("td", {}, signedMoney(row.joint_gain)))))));

function minutes(root) {
  root.append(h("h1", {}, t("tab.minutes")), h("p", {}, t("home.minutes")),
    h("div", { class: "card grid" }, h("h2", {}, t("home.outcome")), outcomes(run)),
    ...run.quarters.map((quarter) => h("details", { class: "card", id: `minutes-${quarter.quarter}`, open: quarter.quarter === 0 },
      h("summary", {}, h("h2", {}, quarter.label), " ", h("span", { class: "soft" }, t("home.events", { n: quarter.events.length }))),
      quarterRows(quarter), minutesList(quarter.events))));
}

// --- sliders, answered by the emulator ------------------------------------------------------------------------------------

async function estimate(root, hash) {
  await load();
  Object.assign(whatIf, { scenario: told()?.scenario ?? whatIf.scenario, parameters: read(hash)?.settings.parameters ?? whatIf.parameters });
  const box = h("div", { class: "clouds", id: "estimates", "aria-live": "polite" });
  const table = wide(t("estimate.title"));
  const sliders = h("div", { class: "controls" });
  const draw = () => {
    const found = estimated(whatIf);
    put(box, found?.pairs ? DYADS.map((_, d) => cloudChart(null, d, null, "", null, found.pairs[d])) : h("p", { class: "saying" }, t(`estimate.${found?.why ?? "not_here"}`)));
    put(table, found?.pairs ? estimateTable(found) : null);
    page.style.scrollPaddingTop = getComputedStyle(box).position === "sticky" ? `${box.offsetHeight}px` : ""; // for who comes by keyboard
  };
  const moved = ({ name, usual }, value) => {
    whatIf.parameters = { ...whatIf.parameters, [name]: value };
    if (value === usual) delete whatIf.parameters[name];
    draw();
  };
  const set = (one, value) => { moved(one, value); tellEstimate(); };
  const drawSliders = () => put(sliders, inputs().map((one) => controlFor({ ...controlOf(one.name), low: one.low, high: one.high }, whatIf.parameters[one.name] ?? one.usual,
    (value) => set(one, value), one.name in whatIf.parameters, "guess", (value) => moved(one, value))));
  root.append(h("h1", {}, t("tab.estimate")), h("p", {}, t("estimate.text")), ...horizon(),
    h("div", { class: "grid what-if" },
      h("section", { class: "card" }, h("h2", {}, t("estimate.sliders")), sliders, button(t("settings.reset"), () => { whatIf.parameters = {}; drawSliders(); draw(); tellEstimate(); }, { id: "guess-reset" })),
      h("section", { class: "card answers" }, h("div", { class: "head" }, h("h2", {}, t("estimate.title")), saveTools("estimates", t("estimate.title"), () => box, () => [...table.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent)))),
        h("p", { class: "soft" }, t("estimate.help")), box, table, h("p", { class: "soft" }, t("estimate.bands")))));
  drawSliders();
  draw();
}

// A game that ended before the emulator's runs do cannot be held against them.
function horizon() {
  const of = facts.scenarios.find((one) => one.name === told()?.scenario);
  return of && of.quarters !== run.quarters.length ? [h("p", { class: "saying", id: "horizon" }, t("estimate.horizon", { last: of.last, n: run.quarters.length }))] : [];
}

const tellEstimate = () => history.replaceState(null, "",
  `#estimate?set=${Object.entries(whatIf.parameters).map(([name, value]) => `${name}:${value}`).join(",")}`);

function estimateTable({ pairs, blocs }) {
  const band = (one) => (one ? t("estimate.band", { mean: percent(one.mean), low: percent(one.low), high: percent(one.high) }) : "–");
  const row = (name, cells) => h("tr", {}, h("th", { class: "left", scope: "row" }, name), cells.map((cell) => h("td", {}, cell)));
  return h("table", { class: "wide" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("debrief.pair")), ["chart.depth", "estimate.cooperates", "estimate.gain", "estimate.durable", "home.duties"].map((key) => h("th", { scope: "col" }, t(key))))),
    h("tbody", {},
      pairs.map((pair, d) => row(dyad(d), [band(pair.depth), pair.rate ? `${band(pair.rate)} ${t(pair.isInherited ? "estimate.kept" : "estimate.emerged")}` : "–", band(pair.gain), band(pair.durable),
        DYADS[d].map((b, side) => `${short(b)} ${pair.duties[side] ? percent(pair.duties[side].mean) : "–"}`).join(t("comma"))])),
      h("tr", {}, h("th", { class: "left", scope: "row" }, t("chart.ev_share")), h("td", { colspan: 5 }, blocs.map((one, b) => `${bloc(b)} ${one ? percent(one.mean, 1) : "–"}`).join(t("comma"))))));
}

// --- what this file is -----------------------------------------------------------------------------------------

const title = () => (has(`scenario.${run.start.scenario}`) ? t(`scenario.${run.start.scenario}`) : run.start.title);
const changedSettings = () => Object.entries(run.settings.parameters).map(([name, value]) => `${has(`control.${name}`) ? t(`control.${name}`) : name} = ${inWords(value)}`).join(t("comma")) || t("home.usual");

function about(root) {
  const made = facts.held;
  const lines = [["home.version", made.version], ["home.date", made.date], ["home.from", made.from === "a class" ? t("home.from_class") : made.from], ["home.scenario", title()],
    ["home.quarters", `${run.quarters.length}${colon()}${run.quarters[0].label} – ${run.quarters.at(-1).label}`], ["home.luck", `${run.settings.root_seed} · ${run.settings.replicate}`],
    ["home.settings", changedSettings()], ["home.digest", made.digest], ["home.packages", made.packages]];
  if (facts.emulator) lines.push(["home.emulator", t("home.emulator_text", { points: digits(made.emulator.points, 0), runs: digits(made.emulator.runs, 0) })]);
  add(root, [h("h1", {}, t("tab.about")), h("p", {}, t("home.about")), h("p", {}, t("home.claim")),
    h("dl", { class: "card words" }, lines.map(([key, value]) => [h("dt", {}, t(key)), h("dd", {}, value)])),
    made.again ? h("p", {}, t("home.again"), gap(), h("code", {}, made.again)) : null,
    made.has_export ? h("div", { class: "bar" }, button(t("debrief.export"), async () => save(await ask("room/export"), "detente-game.json"), { id: "home-export" })) : null,
    h("p", { class: "soft" }, t("home.licence"))]);
}

// --- the frame --------------------------------------------------------------------------------------------------------------

const PARTS = {
  watch: { mount: (root) => watch.mount(root), stop: watch.stop },
  minutes: { mount: minutes },
  ...(room ? { debrief: { mount: (root) => root.append(h("h1", { class: "unseen" }, t("tab.debrief")), h("section", { class: "card", id: "debrief" }, debrief(room, run.quarters, null))) } } : {}),
  ...(facts.emulator ? { estimate: { mount: estimate } } : {}),
  learn: { mount: (root, hash) => learn.mount(root, new URLSearchParams(hash.split("?")[1] ?? "").get("chapter")), stop: learn.stop },
  words: terms,
  about: { mount: about },
};

function draw(hash = "") {
  page.dataset.view = current;
  document.title = `${title()} · ${t("brand")}`;
  document.getElementById("skip").textContent = t("skip");
  document.querySelector("header .brand").textContent = t("brand");
  document.getElementById("language").setAttribute("aria-label", t("language"));
  const nav = document.getElementById("parts");
  nav.setAttribute("aria-label", t("nav"));
  put(nav, Object.keys(PARTS).map((name) => button(t(name === "watch" ? "tab.run" : `tab.${name}`), () => { location.hash = name; }, { id: `tab-${name}`, "aria-current": name === current ? "page" : null })));
  return PARTS[current].mount(put(document.getElementById("main")), hash);
}

async function route(isFirst = false) {
  const hash = location.hash.slice(1);
  const name = hash.split("?", 1)[0];
  if (name === "main") return;
  PARTS[current].stop?.();
  current = name in PARTS ? name : "watch";
  if (current === "watch") state.shown = Math.min(read(hash)?.shown ?? state.shown, run.quarters.length - 1);
  await draw(hash);
  if (!isFirst) document.getElementById("main").focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

const choice = document.getElementById("language");
choice.addEventListener("change", async () => {
  await speak(choice.value);
  PARTS[current].stop?.();
  await keepFocus(() => draw(location.hash.slice(1)));
});
window.addEventListener("hashchange", () => route());
Object.assign(state, run, { shown: 0 });
speak(choice.value).then(() => route(true)).then(() => { page.dataset.ready = "all"; });
