// The laboratory's drawer: starting point, luck, all settings, one thing changed midway, files.
import { ask, facts } from "./api.js";
import { DYADS, bloc, dyad } from "./blocs.js";
import { button, h, keepFocus, notice, put, select } from "./dom.js";
import { branchLines } from "./drawer_words.js";
import { save } from "./figure_files.js";
import { lessonTool } from "./lesson_saving.js";
import { branch, change, load, restart, state, undo, usual } from "./run.js";
import { controlFor, controlOf, controlsOf, presets, settingsPanel, valueOf } from "./settings.js";
import { aside, t } from "./words.js";

const choice = { name: "dialogue_ceiling", value: null };
const decision = { dyad: 0, side: 0, what: "lapse" };
let parts = {};

// moves(parameters): a slider is being moved, and nothing is played yet.
export function drawer(isOpen, close, moves) {
  parts = { moves };
  parts.box = h("aside", { id: "drawer", "aria-labelledby": "drawer-title", hidden: !isOpen, onkeydown: (event) => { if (event.key === "Escape") close(); } },
    h("div", { class: "bar" }, h("h2", { id: "drawer-title", tabindex: -1, class: "grow" }, t("watch.settings")), button("✕", close, { id: "drawer-close", "aria-label": t("watch.close") })),
    (parts.guess = h("div", { class: "guess" })),
    (parts.start = h("div", { class: "grid" })),
    (parts.branch = h("details", { id: "branching", open: true })),
    (parts.settings = h("div", {})),
    h("details", { id: "files" }, h("summary", {}, t("watch.files")), h("div", { class: "bar" },
      button(t("watch.export"), exportRun, { id: "export" }),
      h("label", {}, t("watch.replay"), " ", h("input", { type: "file", id: "replay", accept: ".json,application/json", onchange: replayFile })))),
    lessonTool());
  drawDrawer();
  return parts.box;
}

export const stopDrawer = () => { parts = {}; };

// Beside the sliders, because on a phone the drawer covers the rest.
export function drawGuess(...inside) {
  if (!parts.guess) return;
  put(parts.guess, ...inside);
  parts.box.style.scrollPaddingTop = `${parts.guess.offsetHeight}px`; // a slider that the keyboard comes to is not behind it
}

export function drawDrawer() {
  if (!parts.box) return;
  put(parts.start,
    h("label", {}, t("settings.scenario"), " ", presets(state.settings, (name) => change({ scenario: name, parameters: {}, changes: [] }), "scenario")),
    h("div", { class: "bar" },
      h("label", {}, t("watch.luck"), " ", h("input", { type: "number", id: "replicate", min: 0, max: 99999, step: 1, value: state.settings.replicate,
        onchange: (event) => change({ replicate: Math.max(0, Math.min(99999, Math.floor(Number(event.target.value) || 0))) }) })),
      button(t("watch.other_luck"), () => change({ replicate: (state.settings.replicate + 1) % 100000 }), { id: "other-luck" })));
  put(parts.settings, h("p", { class: "soft" }, t("settings.help")), settingsPanel(state.settings, (parameters) => change({ parameters }), parts.moves));
  drawBranch();
}

// --- one thing changed midway ----------------------------------------------------------------------------------------

function drawBranch() {
  const names = controlsOf(state.settings).filter((one) => one.branch).map((one) => one.name);
  if (!names.includes(choice.name)) Object.assign(choice, { name: names[0], value: null });
  const control = controlOf(choice.name);
  const value = choice.value ?? valueOf(state.settings, choice.name);
  const open = parts.branch.open;
  const lines = branchLines();
  put(parts.branch,
    h("summary", {}, t("branch.title"), lines.length ? aside(lines.length) : ""),
    h("p", { class: "soft" }, t("branch.help")),
    select(names.map((name) => [name, t(`control.${name}`)]), choice.name, (name) => { choice.name = name; choice.value = null; keepFocus(drawBranch); }, { id: "branch-name", "aria-label": t("branch.what") }),
    controlFor(control, value, (chosen) => { choice.value = chosen; }, false, "branch"),
    button(t("branch.parameter"), () => branch([[state.shown + 1, choice.name, choice.value ?? value]], null), { id: "branch-go", class: "main" }),
    h("p", {}, t("branch.or")), decisionTool(),
    h("ul", { class: "plain" }, lines.map((line) => h("li", {}, line))),
    lines.length > 0 && button(t("branch.undo"), undo, { id: "branch-undo" }));
  parts.branch.open = open;
}

function decisionTool() {
  if (!DYADS[decision.dyad]) Object.assign(decision, { dyad: 0, side: 0 });
  return h("div", { class: "bar" },
    select(DYADS.map((_, d) => [d, dyad(d)]), decision.dyad, (d) => { decision.dyad = Number(d); keepFocus(drawBranch); }, { id: "decide-pair", "aria-label": t("branch.pair") }),
    select(DYADS[decision.dyad].map((b, side) => [side, bloc(b)]), decision.side, (side) => { decision.side = Number(side); }, { id: "decide-side", "aria-label": t("branch.who") }),
    select(["lapse", "leave", "honour"].map((what) => [what, t(`branch.${what}`)]), decision.what, (what) => { decision.what = what; }, { id: "decide-what", "aria-label": t("branch.what") }),
    button(t("branch.decision"), async () => {
      await load(state.shown + 1); // the quarter may still be on its way
      const b = DYADS[decision.dyad][decision.side];
      if (!state.quarters[state.shown].dyads[decision.dyad].treaty) return notice(t("branch.no_treaty"), true);
      branch(null, [state.shown + 1, decision.dyad, b, "keep", 0, decision.what]);
    }, { id: "decide-go" }));
}

// --- export and replay -------------------------------------------------------------------------------------------------

async function exportRun() {
  try {
    save(await ask("export", { settings: state.settings, moves: state.moves }), `detente-${state.settings.scenario}-${state.settings.replicate}.json`);
  } catch (fault) {
    notice(t(`refused.${fault.code}`), true);
  }
}

async function replayFile(event) {
  const file = event.target.files[0];
  if (!file) return;
  try {
    if (file.size > 60000) throw Object.assign(new Error(), { code: "bad_request" });
    const data = JSON.parse(await file.text());
    const answer = await ask("replay", { export: data });
    notice(t(answer.same ? "watch.same" : "watch.not_same", { quarters: answer.played }), !answer.same);
    const settings = { ...usual(), ...data.settings };
    delete settings.quarters;
    Object.assign(state, { settings, moves: data.moves, ghost: null });
    await restart();
  } catch (fault) {
    notice(t(`refused.${fault.code || "bad_request"}`), true);
  }
}
