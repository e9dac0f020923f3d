// Eight chapters: read, predict, reveal. What is revealed is played while the class watches.
import { ask, facts } from "./api.js";
import { button, h, keepFocus, notice, put } from "./dom.js";
import { armChart } from "./figures.js";
import { gameCard } from "./minutes.js";
import { percent, t } from "./words.js";

const Z = 1.96;
const state = { chapter: 0, predicted: {}, revealed: {}, game: {}, clouds: {} };
let parts = {};
let timer = 0;

export function stop() {
  clearTimeout(timer);
  parts = {};
}

// wanted: the chapter that an address asks for, by its name or number.
export function mount(root, wanted = null) {
  const asked = facts.lessons.findIndex((lesson, k) => wanted === lesson.key || wanted === String(k + 1));
  if (asked >= 0) state.chapter = asked;
  root.append(
    h("h1", {}, t("learn.title")),
    h("p", {}, facts.held ? t("home.lessons", { version: facts.version }) : t("learn.help")),
    h("div", { class: "bar", role: "group", "aria-label": t("learn.chapters") }, (parts.list = h("div", { class: "bar" }))),
    (parts.page = h("section", { class: "card grid lesson" })));
  draw();
}

function draw() {
  put(parts.list, facts.lessons.map((lesson, k) =>
    button(`${k + 1}. ${t(`lesson.${lesson.key}.title`)}`, () => { state.chapter = k; clearTimeout(timer); history.replaceState(null, "", `#learn?chapter=${lesson.key}`); keepFocus(draw); },
      { id: `chapter-${k + 1}`, class: k === state.chapter ? "main" : "", "aria-current": k === state.chapter ? "true" : null })));
  drawPage();
}

const options = (lesson) =>
  lesson.kind === "game" ? ["both_keep", "one_leaves", "both_leave"] : [...lesson.arms.map((arm) => arm.label), "same"];
const optionName = (lesson, key) => t(lesson.kind === "game" || key === "same" ? `learn.${key}` : `arm.${key}`);

function drawPage() {
  const lesson = facts.lessons[state.chapter];
  const key = lesson.key;
  const words = (part) => h("p", {}, t(`lesson.${key}.${part}`));
  put(parts.page, (parts.left = h("div", { class: "grid" }, h("h2", {}, `${state.chapter + 1}. ${t(`lesson.${key}.title`)}`), words("text"))));
  if (!lesson.playable) return parts.left.append(h("p", { class: "saying" }, t(facts.held ? "home.no_reveal" : "learn.not_here")));
  if (lesson.kind === "sandbox")
    return parts.left.append(words("question"), button(t(facts.held && facts.emulator ? "tab.estimate" : "learn.to_watch"), () => { location.hash = facts.held && facts.emulator ? "estimate" : "watch"; }, { id: "to-watch", class: "main" }));
  const form = h("fieldset", {}, h("legend", {}, t(`lesson.${key}.question`)), options(lesson).map((option) =>
    h("label", { class: "choice" },
      h("input", { type: "radio", name: `predict-${key}`, value: option, checked: state.predicted[key] === option, disabled: Boolean(state.revealed[key]),
        onchange: () => { state.predicted[key] = option; parts.reveal.disabled = false; } }),
      " ", optionName(lesson, option), state.revealed[key] && state.predicted[key] === option ? h("strong", {}, ` ◀ ${t("learn.yours")}`) : "")));
  parts.reveal = button(t("learn.reveal"), () => reveal(lesson), { id: "reveal", class: "main", disabled: !state.predicted[key] || Boolean(state.revealed[key]) });
  parts.left.append(form, h("div", { class: "bar" }, parts.reveal));
  parts.page.append((parts.answer = h("div", { id: "answer", "aria-live": "polite" })));
  if (state.revealed[key]) drawAnswer(lesson);
}

async function reveal(lesson) {
  state.revealed[lesson.key] = true;
  drawPage();
  if (lesson.kind === "game") {
    try {
      state.game[lesson.key] = await ask("lesson");
      if (parts.answer) drawAnswer(lesson);
    } catch (fault) {
      notice(t(`refused.${fault.code}`), true);
    }
    return;
  }
  follow(lesson);
}

const settingsOf = (lesson, arm) => ({ scenario: lesson.scenario, root_seed: facts.seed, replicate: 0, parameters: arm.parameters, changes: [] });

async function follow(lesson) {
  clearTimeout(timer);
  try {
    const clouds = await Promise.all(lesson.arms.map((arm) => ask("cloud", { settings: settingsOf(lesson, arm) })));
    state.clouds[lesson.key] = clouds;
    if (parts.answer && facts.lessons[state.chapter] === lesson) drawAnswer(lesson);
    if (clouds.some((cloud) => cloud.runs < cloud.of && !cloud.fault) && facts.lessons[state.chapter] === lesson) timer = setTimeout(() => follow(lesson), 500);
  } catch (fault) {
    timer = setTimeout(() => follow(lesson), 2000);
  }
}

// Mean over pairs within a run first, because the pairs of one run share its luck; then mean and interval over runs.
function measure(lesson, cloud) {
  if (cloud.measured) return cloud.measured[lesson.measure]; // counted when it was played
  if (lesson.measure === "emerged") {
    const rates = cloud.emerged.filter(Boolean);
    const mean = (k) => rates.reduce((total, rate) => total + rate[k], 0) / rates.length;
    return rates.length ? { value: mean(0), low: mean(1), high: mean(2) } : null;
  }
  const n = cloud.runs;
  if (!n) return null;
  const means = cloud.depth[0].map((_, r) => cloud.depth.reduce((total, pair) => total + pair[r], 0) / cloud.depth.length);
  const value = means.reduce((a, b) => a + b, 0) / n;
  const spread = Math.sqrt(means.reduce((a, b) => a + (b - value) ** 2, 0) / Math.max(1, n - 1) / n);
  return { value, low: value - Z * spread, high: value + Z * spread };
}

function drawAnswer(lesson) {
  const key = lesson.key;
  const mine = state.predicted[key];
  if (lesson.kind === "game") {
    const game = state.game[key];
    if (!game) return put(parts.answer, h("p", { class: "soft" }, t("learn.playing")));
    const leaves = game.payoffs.map(([reward, temptation, sucker, punishment]) => temptation > reward && punishment >= sucker);
    const truth = leaves[0] && leaves[1] ? "both_leave" : leaves[0] || leaves[1] ? "one_leaves" : "both_keep";
    return put(parts.answer, verdict(lesson, mine === truth, [truth]), gameCard(game, lesson.dyad), after(lesson));
  }
  const clouds = state.clouds[key] || [];
  const rows = lesson.arms.map((arm, k) => ({ name: t(`arm.${arm.label}`), key: arm.label, ...(clouds[k] ? measure(lesson, clouds[k]) : null) })).filter((row) => row.value !== undefined);
  if (rows.length < lesson.arms.length) return put(parts.answer, h("p", { class: "soft" }, t("learn.playing")));
  const sorted = [...rows].sort((a, b) => b.value - a.value);
  // Arms that are nearer to the best than what counts as the same share the first place.
  const top = sorted.filter((row) => sorted[0].value - row.value < lesson.close).map((row) => row.key);
  const truth = top.length === rows.length ? ["same"] : top;
  rows.forEach((row) => { row.best = truth.includes(row.key); });
  const runs = Math.min(...clouds.map((cloud) => cloud.runs));
  const high = Math.max(0.5, ...rows.map((row) => row.high)) > 0.5 ? 1 : 0.5;
  put(parts.answer,
    runs >= clouds[0].of ? verdict(lesson, truth.includes(mine), truth) : h("p", { class: "soft" }, t("learn.counting", { runs, of: clouds[0].of })),
    h("div", { class: "figure middle", "data-runs": runs }, armChart(rows, percent, high)),
    h("p", { class: "soft" }, t(`learn.measure_${lesson.measure}`, { runs })),
    runs >= clouds[0].of && after(lesson));
}

const verdict = (lesson, right, truth) =>
  h("p", { id: "verdict" }, h("span", { class: `tag ${right ? "good" : "flat"}` }, t(right ? "learn.right" : "learn.other")), " ",
    t("learn.truth", { answer: truth.map((key) => optionName(lesson, key)).join(t("comma")) }));

const after = (lesson) =>
  h("div", {}, h("p", {}, t(`lesson.${lesson.key}.after`)), h("h3", {}, t("learn.discuss")), h("p", {}, t(`lesson.${lesson.key}.discuss`)),
    button(t("learn.again"), () => { delete state.revealed[lesson.key]; delete state.predicted[lesson.key]; clearTimeout(timer); drawPage(); }, { id: "again" }));

